// Softmax: exp(x - max) / sum, along `axis` (default the last; opset 13 on). Before opset 13 over all axes from `axis`
// (default 1) on, taken together. ONNX since 1.
#include <algorithm>
#include <cmath>

#include "operators/operator.h"

namespace halftone {
namespace {

// [outer, channels, inner]: the sums run over the channels.
ChannelWalk walk_of(const Call& call) {
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

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 1, 1);
  require_float(call, 0);
  walk_of(call);
  return same_as_first_input(call);
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const ChannelWalk walk = walk_of(call);
  std::span<const float> x = call.tensor(0).values<float>();
  std::span<float> y = outputs[0].mutable_values<float>();
  for (std::int64_t o = 0; o < walk.outer; ++o) {
    for (std::int64_t i = 0; i < walk.inner; ++i) {
      const auto at = [&](std::int64_t c) { return static_cast<std::size_t>((o * walk.channels + c) * walk.inner + i); };
      float most = -std::numeric_limits<float>::infinity();
      for (std::int64_t c = 0; c < walk.channels; ++c) most = std::max(most, x[at(c)]);
      double sum = 0;
      for (std::int64_t c = 0; c < walk.channels; ++c) sum += std::exp(static_cast<double>(x[at(c)]) - most);
      for (std::int64_t c = 0; c < walk.channels; ++c) y[at(c)] = static_cast<float>(std::exp(static_cast<double>(x[at(c)]) - most) / sum);
    }
  }
}

}  // namespace

extern const Operator kSoftmax{.type = "Softmax", .since = 1, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference};

}  // namespace halftone
