// SoftmaxCrossEntropyLoss: the negative log likelihood (loss.h) of log(softmax) along axis 1, which is the second output. ONNX since 12.
#include <algorithm>
#include <cmath>
#include <limits>

#include "graph/encoding.h"
#include "operators/loss.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) { return std::vector<TensorSpec>{loss_spec(call), {call.input(0).type, call.input(0).shape}}; }

void log_softmax(const Tensor& scores, Tensor& result) {
  const ChannelWalk walk = channel_walk(scores.shape(), 1);
  for (std::int64_t row = 0; row < walk.outer * walk.inner; ++row) {
    const std::int64_t first = row / walk.inner * walk.channels * walk.inner + row % walk.inner;
    const float* x = scores.values<float>().data() + first;
    float* y = result.mutable_values<float>().data() + first;
    double most = -std::numeric_limits<double>::infinity(), sum = 0;
    for (std::int64_t c = 0; c < walk.channels; ++c) most = std::max<double>(most, x[c * walk.inner]);
    for (std::int64_t c = 0; c < walk.channels; ++c) sum += std::exp(x[c * walk.inner] - most);
    for (std::int64_t c = 0; c < walk.channels; ++c) y[c * walk.inner] = static_cast<float>(x[c * walk.inner] - most - std::log(sum));
  }
}

void reference(const Call& call, std::span<Tensor> outputs) {
  log_softmax(call.tensor(0), outputs[1]);
  negative_log_likelihood(call, outputs[1], outputs[0]);
}

}  // namespace

extern const Operator kSoftmaxCrossEntropyLoss{.type = "SoftmaxCrossEntropyLoss", .since = 12, .shapes = shapes, .grid = GridRule::none, .reference = reference};

}  // namespace halftone
