// ReduceLogSum: log of the sum over the named axes (all by default), kept as size 1 unless keepdims
// is 0. axes: an attribute before opset 18, an optional input since. ONNX since 1.
#include <cmath>
#include <limits>

#include "operators/elementwise.h"
#include "operators/reduce.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_elements(call, 0, Elements::numbers);
  return reduced_shapes(call, 18);
}

void reference(const Call& call, std::span<Tensor> outputs) {
  dispatch_numeric(call.input(0).type, [&](auto zero) {
    using T = decltype(zero);
    fold_elements<T>(call, outputs[0], [](auto zero) { return zero; }, [](auto sum, auto x) { return sum + x; }, [](auto sum, std::int64_t) { return std::log(static_cast<double>(sum)); });
  });
}

}  // namespace

extern const Operator kReduceLogSum{.type = "ReduceLogSum", .since = 1, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference, .data_inputs = 1};

}  // namespace halftone
