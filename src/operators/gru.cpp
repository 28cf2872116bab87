// GRU: gates z and r, then h = (1 - z) g(W x + r . (R h)) + z h, or with linear_before_reset = 0 g(W x + R (r . h)) (recurrent.h).
// ONNX since 7.
#include "operators/recurrent.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 3, 6);
  return recurrent_shapes(recurrence_of(call, 3, {"Sigmoid", "Tanh"}), false);
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const Recurrence r = recurrence_of(call, 3, {"Sigmoid", "Tanh"});
  const bool linear = call.attributes().integer("linear_before_reset", 0) != 0;
  const auto size = static_cast<std::size_t>(r.hidden);
  run_recurrence(call, r, false, outputs, [&](std::int64_t direction, const GateSums& sums, std::vector<double>& state, std::vector<double>&) {
    const auto& f = r.activations[static_cast<std::size_t>(2 * direction)];
    const auto& g = r.activations[static_cast<std::size_t>(2 * direction + 1)];
    std::vector<double> reset(size), kept(size);
    for (std::size_t h = 0; h < size; ++h) {
      reset[h] = f(clipped(call, sums.input[size + h] + sums.state[size + h]));
      kept[h] = linear ? 0 : reset[h] * state[h];
    }
    const std::vector<double> before = linear ? std::vector<double>(size) : times_r(call, r, direction, 2, kept);
    const std::vector<double> none = linear ? std::vector<double>(size) : times_r(call, r, direction, 2, state);
    for (std::size_t h = 0; h < size; ++h) {
      const double z = f(clipped(call, sums.input[h] + sums.state[h])), bias = sums.state[2 * size + h] - none[h];
      const double hidden = linear ? reset[h] * sums.state[2 * size + h] : before[h] + bias;
      state[h] = (1 - z) * g(clipped(call, sums.input[2 * size + h] + hidden)) + z * state[h];
    }
  });
}

}  // namespace

extern const Operator kGRU{.type = "GRU", .since = 7, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference, .data_inputs = 1};

}  // namespace halftone
