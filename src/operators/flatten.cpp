// Flatten: a matrix of the axes before `axis` and those from it on. ONNX since 1; negative axes since 11.
#include "operators/movement.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 1, 1);
  const Shape& x = call.input(0).shape;
  const auto rank = static_cast<std::int64_t>(x.size());
  std::int64_t axis = call.attributes().integer("axis", 1);
  if (axis < -rank || axis > rank) throw Error("axis {} is out of range for rank {}; {} to {} are possible", axis, rank, -rank, rank);
  if (axis < 0) axis += rank;
  const Shape before(x.begin(), x.begin() + axis), after(x.begin() + axis, x.end());
  return std::vector<TensorSpec>{{call.input(0).type, {element_count(before), element_count(after)}}};
}

}  // namespace

extern const Operator kFlatten{.type = "Flatten", .since = 1, .shapes = shapes, .grid = GridRule::keeps, .reference = copy_elements, .floats = Floats::any};

}  // namespace halftone
