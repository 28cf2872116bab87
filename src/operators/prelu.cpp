// PRelu: Y = X where X >= 0, else slope X; the slope is broadcast to X. ONNX since 7.
#include "operators/elementwise.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  auto specs = binary_shapes(call, Elements::numbers);
  if ((*specs)[0].shape != call.input(0).shape) throw Error("its slope {} does not broadcast to {}", to_string(call.input(1).shape), to_string(call.input(0).shape));
  return specs;
}

void reference(const Call& call, std::span<Tensor> outputs) {
  dispatch_numeric(call.input(0).type, [&](auto zero) {
    using T = decltype(zero);
    map_pairs<T, T>(call.tensor(0), call.tensor(1), outputs[0], [](T x, T slope) { return x < T(0) ? static_cast<T>(slope * x) : x; });
  });
}

}  // namespace

extern const Operator kPRelu{.type = "PRelu", .since = 7, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference};

}  // namespace halftone
