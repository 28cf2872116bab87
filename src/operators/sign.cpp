// Sign: Y = -1, 0 or 1. ONNX since 9.
#include "operators/elementwise.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) { return unary_shapes(call, Elements::numbers); }

void reference(const Call& call, std::span<Tensor> outputs) {
  map_numbers(call, outputs, [](auto x) { return x > 0 ? 1 : x < 0 ? -1 : 0; });
}

}  // namespace

extern const Operator kSign{.type = "Sign", .since = 9, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference};

}  // namespace halftone
