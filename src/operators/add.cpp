// Add: Y = A + B, broadcast. Floats and integers (which wrap). ONNX since 7.
#include <type_traits>

#include "operators/elementwise.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 2, 2);
  if (call.input(0).type != call.input(1).type) {
    throw Error("its inputs are {} and {}; they must be of one type", name_of(call.input(0).type), name_of(call.input(1).type));
  }
  dispatch_numeric(call.input(0).type, [](auto) {});
  return broadcast_of_inputs(call);
}

template <typename T>
T sum(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));  // wraps
  } else {
    return a + b;
  }
}

void reference(const Call& call, std::span<Tensor> outputs) {
  dispatch_numeric(call.input(0).type, [&](auto zero) {
    using T = decltype(zero);
    std::span<const T> a = call.tensor(0).values<T>(), b = call.tensor(1).values<T>();
    std::span<T> out = outputs[0].mutable_values<T>();
    const Shape& shape = outputs[0].shape();
    for (std::size_t i = 0; i < out.size(); ++i) {
      const auto at = static_cast<std::int64_t>(i);
      out[i] = sum(a[static_cast<std::size_t>(broadcast_offset(call.input(0).shape, shape, at))],
                   b[static_cast<std::size_t>(broadcast_offset(call.input(1).shape, shape, at))]);
    }
  });
}

}  // namespace

extern const Operator kAdd{.type = "Add", .since = 7, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference};

}  // namespace halftone
