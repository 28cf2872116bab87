// Cos: Y = cos(X). ONNX since 7.
#include "operators/elementwise.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) { return unary_shapes(call, Elements::floats); }

void reference(const Call& call, std::span<Tensor> outputs) {
  map_floats(call, outputs, [](auto x) { return std::cos(x); });
}

}  // namespace

extern const Operator kCos{.type = "Cos", .since = 7, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference, .bounds = Range{-1, 1}};

}  // namespace halftone
