// What Softmax, LogSoftmax and Hardmax share.
#pragma once

#include "graph/encoding.h"
#include "operators/operator.h"

namespace halftone {

// [outer, channels, inner]: the sums run over the channels, along `axis` (default the last; opset 13 on). Before opset 13 over
// all axes from `axis` (default 1) on, taken together.
ChannelWalk softmax_walk(const Call& call);
std::optional<std::vector<TensorSpec>> softmax_shapes(const Call& call);

// Calls row(x, y, step, count) for each row of channels, `step` elements apart.
template <typename Row>
void for_each_softmax(const Call& call, Tensor& output, const Row& row) {
  const ChannelWalk walk = softmax_walk(call);
  const float* x = call.tensor(0).values<float>().data();
  float* y = output.mutable_values<float>().data();
  for (std::int64_t o = 0; o < walk.outer; ++o) {
    for (std::int64_t i = 0; i < walk.inner; ++i) row(x + o * walk.channels * walk.inner + i, y + o * walk.channels * walk.inner + i, walk.inner, walk.channels);
  }
}

// x - max - log(sum exp(x - max)) of one such row.
void log_softmax_row(const float* x, float* y, std::int64_t step, std::int64_t count);

}  // namespace halftone
