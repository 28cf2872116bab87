// OptionalGetElement: the element of an optional value, which is a tensor here. ONNX since 15.
#include "operators/movement.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 1, 1);
  return same_as_first_input(call);
}

}  // namespace

extern const Operator kOptionalGetElement{.type = "OptionalGetElement", .since = 15, .shapes = shapes, .grid = GridRule::keeps, .reference = copy_elements, .floats = Floats::any};

}  // namespace halftone
