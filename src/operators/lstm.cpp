// LSTM: gates i, o, f and the new content c (recurrent.h): C = f C + i c, h = o tanh(C); peepholes P add P . C to the gates. ONNX since 7.
#include "operators/recurrent.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 3, 8);
  return recurrent_shapes(recurrence_of(call, 4, {"Sigmoid", "Tanh", "Tanh"}), true);
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const Recurrence r = recurrence_of(call, 4, {"Sigmoid", "Tanh", "Tanh"});
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

}  // namespace

extern const Operator kLSTM{.type = "LSTM", .since = 7, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference, .data_inputs = 1};

}  // namespace halftone
