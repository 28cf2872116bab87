// Sum: the sum of its inputs, broadcast. ONNX since 6.
#include "operators/elementwise.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) { return variadic_shapes(call, Elements::floats); }

void reference(const Call& call, std::span<Tensor> outputs) {
  dispatch_numeric(call.input(0).type, [&](auto zero) {
    using T = decltype(zero);
    fold_inputs<T>(call, outputs[0], [](T a, T b) { return a + b; });
  });
}

}  // namespace

extern const Operator kSum{.type = "Sum", .since = 6, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference};

}  // namespace halftone
