// Relu: Y = max(X, 0). ONNX since 1; signed integers since 14.
#include "operators/elementwise.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 1, 1);
  dispatch_numeric(call.input(0).type, [](auto) {});
  return same_as_first_input(call);
}

void reference(const Call& call, std::span<Tensor> outputs) {
  dispatch_numeric(call.input(0).type, [&](auto zero) {
    using T = decltype(zero);
    std::span<const T> x = call.tensor(0).values<T>();
    std::span<T> y = outputs[0].mutable_values<T>();
    for (std::size_t i = 0; i < x.size(); ++i) y[i] = x[i] < T(0) ? T(0) : x[i];
  });
}

}  // namespace

extern const Operator kRelu{.type = "Relu", .since = 1, .shapes = shapes, .grid = GridRule::activation, .reference = reference};

}  // namespace halftone
