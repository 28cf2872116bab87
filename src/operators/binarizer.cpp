// Binarizer of ai.onnx.ml: y = 1 where x > threshold, else 0. ai.onnx.ml since 1.
#include "operators/elementwise.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) { return unary_shapes(call, Elements::numbers); }

void reference(const Call& call, std::span<Tensor> outputs) {
  const float threshold = call.attributes().real("threshold", 0);
  map_numbers(call, outputs, [&](auto x) { return static_cast<double>(x) > static_cast<double>(threshold) ? 1 : 0; });
}

}  // namespace

extern const Operator kBinarizer{.type = "Binarizer", .domain = "ai.onnx.ml", .since = 1, .shapes = shapes, .grid = GridRule::none, .reference = reference};

}  // namespace halftone
