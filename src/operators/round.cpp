// Round: Y = X rounded to the nearest integer, halves to the even one. ONNX since 11.
#include "operators/elementwise.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) { return unary_shapes(call, Elements::floats); }

void reference(const Call& call, std::span<Tensor> outputs) {
  map_floats(call, outputs, [](auto x) { return std::nearbyint(x); });
}

}  // namespace

extern const Operator kRound{.type = "Round", .since = 11, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference};

}  // namespace halftone
