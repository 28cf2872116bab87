// ReduceMin: least element over the named axes (all by default), kept as size 1 unless keepdims is 0; NaN where one is. axes: an
// attribute before opset 18, an optional input since. ONNX since 1; booleans since 20.
#include <limits>

#include "operators/elementwise.h"
#include "operators/reduce.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_elements(call, 0, Elements::numbers_and_booleans);
  return reduced_shapes(call, 18);
}

template <typename T>
void reduce(const Call& call, Tensor& result) {
  using Limits = std::numeric_limits<T>;
  constexpr T kWorst = Limits::has_infinity ? Limits::infinity() : Limits::max();
  fold_elements<T>(call, result, [&](auto zero) { return static_cast<decltype(zero)>(kWorst); },
                   [](auto best, auto x) { return best != best || best < x ? best : x; }, [](auto best, std::int64_t) { return best; });
}

void reference(const Call& call, std::span<Tensor> outputs) {
  dispatch_plain(call.input(0).type, [&](auto zero) { reduce<decltype(zero)>(call, outputs[0]); });
}

}  // namespace

extern const Operator kReduceMin{.type = "ReduceMin", .since = 1, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference, .data_inputs = 1};

}  // namespace halftone
