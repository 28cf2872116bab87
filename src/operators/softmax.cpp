// Softmax: exp(x - max) / sum, along the axes that softmax.h tells. ONNX since 1.
#include "operators/softmax.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace halftone {

ChannelWalk softmax_walk(const Call& call) {
  const Shape& x = call.input(0).shape;
  const auto rank = static_cast<std::int64_t>(x.size());
  const bool together = call.node.version < 13;
  const std::int64_t axis = normalized_axis(call.attributes().integer("axis", together ? 1 : -1), rank);
  ChannelWalk walk = channel_walk(x, static_cast<int>(axis));
  if (together) {
    walk.channels *= walk.inner;
    walk.inner = 1;
  }
  return walk;
}

std::optional<std::vector<TensorSpec>> softmax_shapes(const Call& call) {
  require_inputs(call, 1, 1);
  require_float(call, 0);
  softmax_walk(call);
  return same_as_first_input(call);
}

namespace {

void reference(const Call& call, std::span<Tensor> outputs) {
  for_each_softmax(call, outputs[0], [](const float* x, float* y, std::int64_t step, std::int64_t count) {
    float most = -std::numeric_limits<float>::infinity();
    for (std::int64_t c = 0; c < count; ++c) most = std::max(most, x[c * step]);
    double sum = 0;
    for (std::int64_t c = 0; c < count; ++c) sum += std::exp(static_cast<double>(x[c * step]) - most);
    for (std::int64_t c = 0; c < count; ++c) y[c * step] = static_cast<float>(std::exp(static_cast<double>(x[c * step]) - most) / sum);
  });
}

}  // namespace

extern const Operator kSoftmax{.type = "Softmax", .since = 1, .shapes = softmax_shapes, .grid = GridRule::makes_new, .reference = reference, .bounds = Range{0, 1}};

}  // namespace halftone
