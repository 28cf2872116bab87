// Mish: Y = X tanh(softplus(X)). ONNX since 18.
#include "operators/elementwise.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) { return unary_shapes(call, Elements::floats); }

void reference(const Call& call, std::span<Tensor> outputs) {
  map_floats(call, outputs, [](auto x) { return x * std::tanh(x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x))); });
}

}  // namespace

extern const Operator kMish{.type = "Mish", .since = 18, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference};

}  // namespace halftone
