// HardSigmoid: Y = max(0, min(1, alpha X + beta)). ONNX since 1.
#include "operators/elementwise.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) { return unary_shapes(call, Elements::floats); }

void reference(const Call& call, std::span<Tensor> outputs) {
  const float alpha = call.attributes().real("alpha", 0.2f);
  const float beta = call.attributes().real("beta", 0.5f);
  map_floats(call, outputs, [=](auto x) { return std::fmax(0.0f, std::fmin(1.0f, alpha * x + beta)); });
}

}  // namespace

extern const Operator kHardSigmoid{.type = "HardSigmoid", .since = 1, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference, .bounds = Range{0, 1}};

}  // namespace halftone
