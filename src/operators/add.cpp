// Add: Y = A + B, broadcast; integers wrap. ONNX since 7.
#include "operators/elementwise.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) { return binary_shapes(call, Elements::numbers); }

void reference(const Call& call, std::span<Tensor> outputs) {
  dispatch_numeric(call.input(0).type, [&](auto zero) {
    using T = decltype(zero);
    map_pairs<T, T>(call.tensor(0), call.tensor(1), outputs[0], [](T a, T b) { return wrapping(a, b, [](auto x, auto y) { return x + y; }); });
  });
}

}  // namespace

extern const Operator kAdd{.type = "Add", .since = 7, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference};

}  // namespace halftone
