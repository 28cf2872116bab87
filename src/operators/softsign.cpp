// Softsign: Y = X / (1 + |X|). ONNX since 1.
#include "operators/elementwise.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) { return unary_shapes(call, Elements::floats); }

void reference(const Call& call, std::span<Tensor> outputs) {
  map_floats(call, outputs, [](auto x) { return x / (1 + std::fabs(x)); });
}

}  // namespace

extern const Operator kSoftsign{.type = "Softsign", .since = 1, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference, .bounds = Range{-1, 1}};

}  // namespace halftone
