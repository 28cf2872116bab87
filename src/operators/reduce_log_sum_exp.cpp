// ReduceLogSumExp: log of the sum of exp(x) over the named axes (all by default), kept as size 1 unless keepdims is 0. axes: an
// attribute before opset 18, an optional input since. ONNX since 1.
#include <algorithm>
#include <cmath>
#include <limits>

#include "operators/elementwise.h"
#include "operators/reduce.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_elements(call, 0, Elements::floats);
  return reduced_shapes(call, 18);
}

void reference(const Call& call, std::span<Tensor> outputs) {
  std::span<const float> x = call.tensor(0).values<float>();
  double most = -std::numeric_limits<double>::infinity();  // of all: exp() stays finite
  for (float value : x) most = std::max<double>(most, value);
  if (!std::isfinite(most)) most = 0;
  fold_elements<float>(call, outputs[0], [](double) { return 0.0; }, [&](double sum, double value) { return sum + std::exp(value - most); },
                       [&](double sum, std::int64_t) { return std::log(sum) + most; });
}

}  // namespace

extern const Operator kReduceLogSumExp{.type = "ReduceLogSumExp", .since = 1, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference, .data_inputs = 1};

}  // namespace halftone
