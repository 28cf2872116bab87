// DynamicQuantizeLSTM of com.microsoft: an LSTM (lstm.h) whose W and R are codes, and which puts X and, in every step, the state
// on uint8 grids of their own range before it multiplies them. com.microsoft since 1.
//
// As LSTM, but W [directions, inputs, 4 hidden] and R [directions, hidden, 4 hidden], of int8 or uint8; inputs 8 to 11 are W_scale,
// W_zero_point, R_scale and R_zero_point: one a direction, or one a column.
#include <algorithm>

#include "operators/dynamic_grid.h"
#include "operators/lstm.h"

namespace halftone {
namespace {

void require_codes(const Call& call, std::size_t i, std::size_t scale) {
  const DataType type = call.input(i).type;
  const Shape& shape = call.input(i).shape;
  if (type != DataType::int8 && type != DataType::uint8) throw Error("its input {} is {}; int8 or uint8 is needed", i, name_of(type));
  if (shape.size() != 3) throw Error("its input {} is {}; three axes are needed", i, to_string(shape));
  for (std::size_t parameter : {scale, scale + 1}) {
    const std::int64_t count = call.has(parameter) ? element_count(call.input(parameter).shape) : shape[0];
    if (count != shape[0] && count != shape[0] * shape[2]) throw Error("its input {} has {} numbers; {} or {} are needed", parameter, count, shape[0], shape[0] * shape[2]);
  }
}

Shape transposed(const Shape& shape) { return {shape[0], shape[2], shape[1]}; }

// Codes [directions, rows, columns] as real numbers [directions, columns, rows].
Tensor real_weight(const Call& call, std::size_t i, std::size_t scale) {
  const Tensor& codes = call.tensor(i);
  const std::int64_t directions = codes.shape()[0], rows = codes.shape()[1], columns = codes.shape()[2];
  const std::vector<std::int64_t> values = to_int64s(codes), zeros = call.has(scale + 1) ? to_int64s(call.tensor(scale + 1)) : std::vector<std::int64_t>(static_cast<std::size_t>(directions), 0);
  const std::vector<float> scales = to_floats(call.tensor(scale));
  const auto one = [&](const auto& list, std::int64_t d, std::int64_t c) { return list[static_cast<std::size_t>(std::ssize(list) == directions ? d : d * columns + c)]; };
  Tensor real(DataType::float32, transposed(codes.shape()));
  std::span<float> out = real.mutable_values<float>();
  for (std::int64_t d = 0; d < directions; ++d) {
    for (std::int64_t r = 0; r < rows; ++r) {
      for (std::int64_t c = 0; c < columns; ++c) {
        const auto code = static_cast<float>(values[static_cast<std::size_t>((d * rows + r) * columns + c)] - one(zeros, d, c));
        out[static_cast<std::size_t>((d * columns + c) * rows + r)] = code * one(scales, d, c);
      }
    }
  }
  return real;
}

// The same inputs as LSTM has them.
std::vector<Operand> as_lstm(const Call& call, const Tensor& x, const Tensor& w, const Tensor& r) {
  std::vector<Operand> inputs(call.inputs.begin(), call.inputs.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(call.inputs.size(), 8)));
  const Tensor* real[] = {&x, &w, &r};
  for (std::size_t i = 0; i < 3; ++i) inputs[i] = {true, DataType::float32, real[i]->shape(), real[i]};
  return inputs;
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 3, 12);
  require_float(call, 0);
  require_codes(call, 1, 8);
  require_codes(call, 2, 10);
  if (!call.has(8) || !call.has(10)) throw Error("the scales of its weights are missing");
  std::vector<Operand> inputs(call.inputs.begin(), call.inputs.begin() + 8);
  for (std::size_t i : {1, 2}) inputs[i] = {true, DataType::float32, transposed(call.input(i).shape), nullptr};
  return recurrent_shapes(lstm_of({call.node, inputs}), true);
}

void reference(const Call& call, std::span<Tensor> outputs) {
  Tensor x = call.tensor(0);
  const DynamicGrid grid = dynamic_grid(x.values<float>());
  for (float& value : x.mutable_values<float>()) value = grid.real(value);
  const Tensor w = real_weight(call, 1, 8), r = real_weight(call, 2, 10);
  const std::vector<Operand> inputs = as_lstm(call, x, w, r);
  const Call lstm = {call.node, inputs};
  Recurrence recurrence = lstm_of(lstm);
  std::vector<double> on_grid;
  recurrence.state_for_r = [&on_grid](const std::vector<double>& state) -> const std::vector<double>& {
    const DynamicGrid own = dynamic_grid(state);
    on_grid.clear();
    for (double value : state) on_grid.push_back(own.real(static_cast<float>(value)));
    return on_grid;
  };
  compute_lstm(lstm, recurrence, outputs);
}

std::vector<DataType> types(const Node&, const std::vector<DataType>&) { return {DataType::float32, DataType::float32, DataType::float32}; }

}  // namespace

extern const Operator kDynamicQuantizeLSTM{.type = "DynamicQuantizeLSTM", .domain = "com.microsoft", .since = 1, .shapes = shapes, .reference = reference, .types = types};

}  // namespace halftone
