// Selu: Y = gamma X where X > 0, else gamma alpha (exp(X) - 1). ONNX since 1.
#include "operators/elementwise.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) { return unary_shapes(call, Elements::floats); }

void reference(const Call& call, std::span<Tensor> outputs) {
  const float alpha = call.attributes().real("alpha", 1.67326319217681884765625f);
  const float gamma = call.attributes().real("gamma", 1.05070102214813232421875f);
  map_floats(call, outputs, [=](auto x) { return x > 0 ? gamma * x : gamma * alpha * std::expm1(x); });
}

}  // namespace

extern const Operator kSelu{.type = "Selu", .since = 1, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference};

}  // namespace halftone
