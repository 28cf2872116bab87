// RNN: h = f(W x + R h + b), over the steps (recurrent.h). ONNX since 7.
#include "operators/recurrent.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 3, 6);
  return recurrent_shapes(recurrence_of(call, 1, {"Tanh"}), false);
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const Recurrence r = recurrence_of(call, 1, {"Tanh"});
  run_recurrence(call, r, false, outputs, [&](std::int64_t direction, const GateSums& sums, std::vector<double>& state, std::vector<double>&) {
    for (std::size_t h = 0; h < state.size(); ++h) state[h] = r.activations[static_cast<std::size_t>(direction)](clipped(call, sums.input[h] + sums.state[h]));
  });
}

}  // namespace

extern const Operator kRNN{.type = "RNN", .since = 7, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference, .data_inputs = 1};

}  // namespace halftone
