// CausalConvWithState: a convolution of each channel alone with its kernel [channels, 1, k], over past_state (zeros where absent) and then
// the input [batch, channels, length]; output and input are as long. With activation silu (or swish) x sigmoid(x) follows. Outputs: y, and
// the last k - 1 of what the kernel ran over. ONNX since 27.
#include <algorithm>
#include <cmath>

#include "operators/operator.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 2, 4);
  for (std::size_t i = 0; i < 4; ++i) require_float(call, i);
  const Shape &x = call.input(0).shape, &w = call.input(1).shape;
  if (x.size() != 3 || w.size() != 3 || w[0] != x[1] || w[1] != 1 || w[2] < 1) throw Error("its weight {} does not fit an input {}", to_string(w), to_string(x));
  if (call.has(2) && call.input(2).shape != Shape{x[1]}) throw Error("its bias {} is not of {} channels", to_string(call.input(2).shape), x[1]);
  const Shape state = {x[0], x[1], w[2] - 1};
  if (call.has(3) && call.input(3).shape != state) throw Error("its past_state is {}, not {}", to_string(call.input(3).shape), to_string(state));
  const std::string activation = call.attributes().text("activation", "none");
  if (activation != "none" && activation != "silu" && activation != "swish") throw Error("its activation '{}' is unknown", activation);
  return std::vector<TensorSpec>{{call.input(0).type, x}, {call.input(0).type, state}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const Shape& shape = call.input(0).shape;
  const std::int64_t channels = shape[1], length = shape[2], kernel = call.input(1).shape[2], kept = kernel - 1;
  const bool silu = call.attributes().text("activation", "none") != "none";
  const float *x = call.tensor(0).values<float>().data(), *weight = call.tensor(1).values<float>().data();
  const float* past = call.has(3) ? call.tensor(3).values<float>().data() : nullptr;
  float *y = outputs[0].mutable_values<float>().data(), *state = outputs[1].mutable_values<float>().data();
  std::vector<float> row(static_cast<std::size_t>(kept + length), 0.0f);  // past and present
  for (std::int64_t i = 0; i < shape[0] * channels; ++i) {
    if (past != nullptr) std::copy(past + i * kept, past + (i + 1) * kept, row.begin());
    std::copy(x + i * length, x + (i + 1) * length, row.begin() + kept);
    const double bias = call.has(2) ? call.tensor(2).values<float>()[static_cast<std::size_t>(i % channels)] : 0;
    const float* w = weight + i % channels * kernel;
    for (std::int64_t t = 0; t < length; ++t) {
      double sum = bias;
      for (std::int64_t tap = 0; tap < kernel; ++tap) sum += static_cast<double>(w[tap]) * row[static_cast<std::size_t>(t + tap)];
      y[i * length + t] = static_cast<float>(silu ? sum / (1 + std::exp(-sum)) : sum);
    }
    std::copy(row.end() - kept, row.end(), state + i * kept);
  }
}

}  // namespace

extern const Operator kCausalConvWithState{.type = "CausalConvWithState", .since = 27, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference, .data_inputs = 1};

}  // namespace halftone
