// BitwiseNot: Y = ~X. ONNX since 18.
#include "operators/elementwise.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) { return unary_shapes(call, Elements::integers); }

void reference(const Call& call, std::span<Tensor> outputs) {
  map_integers(call, outputs, [](auto x) { return ~x; });
}

}  // namespace

extern const Operator kBitwiseNot{.type = "BitwiseNot", .since = 18, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference};

}  // namespace halftone
