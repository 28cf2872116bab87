// Identity: Y = X. ONNX since 1.
#include "operators/movement.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 1, 1);
  return same_as_first_input(call);
}

}  // namespace

extern const Operator kIdentity{.type = "Identity", .since = 1, .shapes = shapes, .grid = GridRule::keeps, .reference = copy_elements, .floats = Floats::any};

}  // namespace halftone
