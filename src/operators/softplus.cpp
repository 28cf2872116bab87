// Softplus: Y = ln(exp(X) + 1), which is X + ln(1 + exp(-X)) where X is large. ONNX since 1.
#include "operators/elementwise.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) { return unary_shapes(call, Elements::floats); }

void reference(const Call& call, std::span<Tensor> outputs) {
  map_floats(call, outputs, [](auto x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); });
}

}  // namespace

extern const Operator kSoftplus{.type = "Softplus", .since = 1, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference};

}  // namespace halftone
