// Or: Y = A or B of booleans, broadcast. ONNX since 7.
#include "operators/elementwise.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) { return binary_shapes(call, Elements::booleans); }

void reference(const Call& call, std::span<Tensor> outputs) {
  map_pairs<bool, bool>(call.tensor(0), call.tensor(1), outputs[0], [](bool a, bool b) { return a || b; });
}

}  // namespace

extern const Operator kOr{.type = "Or", .since = 7, .shapes = shapes, .grid = GridRule::none, .reference = reference};

}  // namespace halftone
