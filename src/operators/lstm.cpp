// LSTM (lstm.h). ONNX since 7.
#include "operators/lstm.h"

namespace halftone {

Recurrence lstm_of(const Call& call) { return recurrence_of(call, 4, {"Sigmoid", "Tanh", "Tanh"}); }

void compute_lstm(const Call& call, const Recurrence& r, std::span<Tensor> outputs) {
  const bool coupled = call.attributes().integer("input_forget", 0) != 0;
  const auto size = static_cast<std::size_t>(r.hidden);
  run_recurrence(call, r, true, outputs, [&](std::int64_t direction, const GateSums& sums, std::vector<double>& state, std::vector<double>& cell) {
    const auto* functions = &r.activations[static_cast<std::size_t>(3 * direction)];
    const float* peepholes = call.has(7) ? call.tensor(7).values<float>().data() + direction * 3 * r.hidden : nullptr;
    const auto gate = [&](std::size_t number, std::size_t h, std::size_t peephole, double content) {
      const double peep = peepholes == nullptr ? 0 : peepholes[peephole * size + h] * content;
      return functions[0](clipped(call, sums.input[number * size + h] + sums.state[number * size + h] + peep));
    };
    for (std::size_t h = 0; h < size; ++h) {
      const double input = gate(0, h, 0, cell[h]);
      const double forget = coupled ? 1 - input : gate(2, h, 2, cell[h]);
      const double content = functions[1](clipped(call, sums.input[3 * size + h] + sums.state[3 * size + h]));
      cell[h] = forget * cell[h] + input * content;
      state[h] = gate(1, h, 1, cell[h]) * functions[2](cell[h]);
    }
  });
}

namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 3, 8);
  return recurrent_shapes(lstm_of(call), true);
}

void reference(const Call& call, std::span<Tensor> outputs) { compute_lstm(call, lstm_of(call), outputs); }

}  // namespace

extern const Operator kLSTM{.type = "LSTM", .since = 7, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference, .data_inputs = 1};

}  // namespace halftone
