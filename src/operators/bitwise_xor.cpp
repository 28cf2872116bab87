// BitwiseXor: Y = A ^ B of integers, broadcast. ONNX since 18.
#include "operators/elementwise.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) { return binary_shapes(call, Elements::integers); }

void reference(const Call& call, std::span<Tensor> outputs) {
  dispatch_integers(call.input(0).type, [&](auto zero) {
    using T = decltype(zero);
    map_pairs<T, T>(call.tensor(0), call.tensor(1), outputs[0], [](T a, T b) { return static_cast<T>(a ^ b); });
  });
}

}  // namespace

extern const Operator kBitwiseXor{.type = "BitwiseXor", .since = 18, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference};

}  // namespace halftone
