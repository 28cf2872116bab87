// Range: start, start + delta, ... before limit. ONNX since 11.
#include <algorithm>

#include "operators/elementwise.h"

namespace halftone {
namespace {

template <typename T>
std::int64_t count_of(const Call& call) {
  const T start = call.tensor(0).values<T>()[0], limit = call.tensor(1).values<T>()[0], delta = call.tensor(2).values<T>()[0];
  if (delta == T(0)) throw Error("its delta is 0");
  const double count = std::ceil((static_cast<double>(limit) - static_cast<double>(start)) / static_cast<double>(delta));
  constexpr double kMost = 1e15;
  if (!(count <= kMost)) throw Error("from {} to {} in steps of {} there are too many numbers", static_cast<double>(start), static_cast<double>(limit), static_cast<double>(delta));
  return std::max<std::int64_t>(0, static_cast<std::int64_t>(std::max(count, 0.0)));
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 3, 3);
  for (std::size_t i = 0; i < 3; ++i) {
    if (call.input(i).type != call.input(0).type || element_count(call.input(i).shape) != 1) throw Error("start, limit and delta must be single numbers of one type");
    if (call.input(i).value == nullptr) return std::nullopt;
  }
  TensorSpec spec{call.input(0).type, {}};
  dispatch_numeric(spec.type, [&](auto zero) { spec.shape = {count_of<decltype(zero)>(call)}; });
  return std::vector<TensorSpec>{spec};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  dispatch_numeric(outputs[0].type(), [&](auto zero) {
    using T = decltype(zero);
    const T start = call.tensor(0).values<T>()[0], delta = call.tensor(2).values<T>()[0];
    T next = 0;
    for (T& y : outputs[0].mutable_values<T>()) y = static_cast<T>(start + next++ * delta);
  });
}

}  // namespace

extern const Operator kRange{.type = "Range", .since = 11, .shapes = shapes, .grid = GridRule::none, .reference = reference};

}  // namespace halftone
