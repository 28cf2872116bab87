// ThresholdedRelu: Y = X where X > alpha, else 0. ONNX since 10.
#include "operators/elementwise.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) { return unary_shapes(call, Elements::floats); }

void reference(const Call& call, std::span<Tensor> outputs) {
  const float alpha = call.attributes().real("alpha", 1.0f);
  map_floats(call, outputs, [=](auto x) { return x > alpha ? x : 0; });
}

}  // namespace

extern const Operator kThresholdedRelu{.type = "ThresholdedRelu", .since = 10, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference};

}  // namespace halftone
