// Erf: Y = erf(X). ONNX since 9.
#include "operators/elementwise.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) { return unary_shapes(call, Elements::floats); }

void reference(const Call& call, std::span<Tensor> outputs) {
  map_floats(call, outputs, [](auto x) { return std::erf(x); });
}

}  // namespace

extern const Operator kErf{.type = "Erf", .since = 9, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference, .bounds = Range{-1, 1}};

}  // namespace halftone
