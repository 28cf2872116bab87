// ArrayFeatureExtractor of ai.onnx.ml: the elements along the last axis that the indices name. ai.onnx.ml since 1.
#include "operators/indices.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 2, 2);
  require_indices(call, 1);
  Shape y = call.input(0).shape;
  if (y.empty()) throw Error("its input is a scalar");
  if (y.size() == 1) y.insert(y.begin(), 1);
  y.back() = element_count(call.input(1).shape);
  return std::vector<TensorSpec>{{call.input(0).type, y}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const std::int64_t features = call.input(0).shape.back();
  const std::vector<std::int64_t> indices = indices_of(call.tensor(1), features);
  const std::size_t width = size_of(outputs[0].type());
  std::byte* to = outputs[0].mutable_data();
  const std::byte* end = to + outputs[0].bytes();
  for (const std::byte* row = call.tensor(0).data(); to != end; row += static_cast<std::size_t>(features) * width) {
    for (std::int64_t index : indices) {
      std::memcpy(to, row + static_cast<std::size_t>(index) * width, width);
      to += width;
    }
  }
}

}  // namespace

extern const Operator kArrayFeatureExtractor{.type = "ArrayFeatureExtractor", .domain = "ai.onnx.ml", .since = 1, .shapes = shapes, .grid = GridRule::keeps, .reference = reference, .data_inputs = 1, .floats = Floats::any};

}  // namespace halftone
