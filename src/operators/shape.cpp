// Shape: the sizes of the axes from start to end, as int64. ONNX since 1.
#include <algorithm>

#include "operators/operator.h"

namespace halftone {
namespace {

Shape wanted(const Call& call) {
  const Shape& x = call.input(0).shape;
  const auto rank = static_cast<std::int64_t>(x.size());
  const auto place = [&](std::int64_t i) { return std::clamp<std::int64_t>(i < 0 ? i + rank : i, 0, rank); };
  const std::int64_t start = place(call.attributes().integer("start", 0)), end = place(call.attributes().integer("end", rank));
  return {x.begin() + start, x.begin() + std::max(start, end)};
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 1, 1);
  return std::vector<TensorSpec>{{DataType::int64, {static_cast<std::int64_t>(wanted(call).size())}}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const Shape sizes = wanted(call);
  std::copy(sizes.begin(), sizes.end(), outputs[0].mutable_values<std::int64_t>().begin());
}

}  // namespace

extern const Operator kShape{.type = "Shape", .since = 1, .shapes = shapes, .grid = GridRule::none, .reference = reference, .reads_shapes_only = true, .floats = Floats::any, .types = int64_results};

}  // namespace halftone
