// Min: the least of its inputs, broadcast; NaN where one is. ONNX since 6.
#include "operators/elementwise.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) { return variadic_shapes(call, Elements::numbers); }

void reference(const Call& call, std::span<Tensor> outputs) {
  dispatch_numeric(call.input(0).type, [&](auto zero) {
    using T = decltype(zero);
    fold_inputs<T>(call, outputs[0], [](T a, T b) { return a != a || a < b ? a : b; });
  });
}

}  // namespace

extern const Operator kMin{.type = "Min", .since = 6, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference};

}  // namespace halftone
