// HardSwish: Y = X max(0, min(1, X / 6 + 0.5)). ONNX since 14.
#include "operators/elementwise.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) { return unary_shapes(call, Elements::floats); }

void reference(const Call& call, std::span<Tensor> outputs) {
  map_floats(call, outputs, [](auto x) { return x * std::fmax(0.0f, std::fmin(1.0f, x / 6 + 0.5f)); });
}

}  // namespace

extern const Operator kHardSwish{.type = "HardSwish", .since = 14, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference};

}  // namespace halftone
