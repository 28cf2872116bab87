// Elu: Y = X where X >= 0, else alpha (exp(X) - 1). ONNX since 1.
#include "operators/elementwise.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) { return unary_shapes(call, Elements::floats); }

void reference(const Call& call, std::span<Tensor> outputs) {
  const float alpha = call.attributes().real("alpha", 1.0f);
  map_floats(call, outputs, [=](auto x) { return x < 0 ? alpha * std::expm1(x) : x; });
}

}  // namespace

extern const Operator kElu{.type = "Elu", .since = 1, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference};

}  // namespace halftone
