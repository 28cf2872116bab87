// Div: Y = A / B, broadcast; integers towards 0, and 0 where B is 0. ONNX since 7.
#include "operators/elementwise.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) { return binary_shapes(call, Elements::numbers); }

template <typename T>
T quotient(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    if (b == 0) return 0;
    if constexpr (std::is_signed_v<T>) {
      if (b == T(-1)) return static_cast<T>(0 - static_cast<std::uint64_t>(a));  // the least integer wraps
    }
  }
  return static_cast<T>(a / b);
}

void reference(const Call& call, std::span<Tensor> outputs) {
  dispatch_numeric(call.input(0).type, [&](auto zero) {
    using T = decltype(zero);
    map_pairs<T, T>(call.tensor(0), call.tensor(1), outputs[0], [](T a, T b) { return quotient(a, b); });
  });
}

}  // namespace

extern const Operator kDiv{.type = "Div", .since = 7, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference};

}  // namespace halftone
