// SoftmaxCrossEntropyLoss: the negative log likelihood (loss.h) of log(softmax) along axis 1, which is the second output. ONNX since 12.
#include "operators/loss.h"
#include "operators/softmax.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) { return std::vector<TensorSpec>{loss_spec(call), {call.input(0).type, call.input(0).shape}}; }

void reference(const Call& call, std::span<Tensor> outputs) {
  const ChannelWalk walk = channel_walk(call.input(0).shape, 1);
  const float* x = call.tensor(0).values<float>().data();
  float* y = outputs[1].mutable_values<float>().data();
  for (std::int64_t row = 0; row < walk.outer * walk.inner; ++row) {
    const std::int64_t first = row / walk.inner * walk.channels * walk.inner + row % walk.inner;
    log_softmax_row(x + first, y + first, walk.inner, walk.channels);
  }
  negative_log_likelihood(call, outputs[1], outputs[0]);
}

}  // namespace

extern const Operator kSoftmaxCrossEntropyLoss{.type = "SoftmaxCrossEntropyLoss", .since = 12, .shapes = shapes, .grid = GridRule::none, .reference = reference};

}  // namespace halftone
