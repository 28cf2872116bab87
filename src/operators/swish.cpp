// Swish: Y = X / (1 + exp(-alpha X)). ONNX since 24.
#include "operators/elementwise.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) { return unary_shapes(call, Elements::floats); }

void reference(const Call& call, std::span<Tensor> outputs) {
  const float alpha = call.attributes().real("alpha", 1);
  map_floats(call, outputs, [=](auto x) { return x / (1 + std::exp(-alpha * x)); });
}

}  // namespace

extern const Operator kSwish{.type = "Swish", .since = 24, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference};

}  // namespace halftone
