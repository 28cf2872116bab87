// LRN: x / (bias + alpha / size sum x^2)^beta, the sum over `size` neighbouring channels. ONNX since 1.
#include <algorithm>
#include <cmath>

#include "graph/encoding.h"
#include "operators/operator.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 1, 1);
  require_float(call, 0);
  if (call.input(0).shape.size() < 2) throw Error("its input has rank {}; at least 2 is needed", call.input(0).shape.size());
  if (call.attributes().integer("size", 0) < 1) throw Error("its size is missing or below 1");
  return same_as_first_input(call);
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const ChannelWalk walk = channel_walk(call.input(0).shape, 1);
  const std::int64_t size = call.attributes().integer("size", 1), before = (size - 1) / 2, after = size - 1 - before;
  const double alpha = call.attributes().real("alpha", 1e-4f), beta = call.attributes().real("beta", 0.75f), bias = call.attributes().real("bias", 1);
  const float* x = call.tensor(0).values<float>().data();
  float* y = outputs[0].mutable_values<float>().data();
  for (std::int64_t o = 0; o < walk.outer; ++o) {
    for (std::int64_t c = 0; c < walk.channels; ++c) {
      for (std::int64_t i = 0; i < walk.inner; ++i) {
        const auto at = [&](std::int64_t k) { return (o * walk.channels + k) * walk.inner + i; };
        double squares = 0;
        for (std::int64_t k = std::max<std::int64_t>(0, c - before); k <= std::min(walk.channels - 1, c + after); ++k) squares += static_cast<double>(x[at(k)]) * x[at(k)];
        y[at(c)] = static_cast<float>(x[at(c)] / std::pow(bias + alpha / static_cast<double>(size) * squares, beta));
      }
    }
  }
}

}  // namespace

extern const Operator kLRN{.type = "LRN", .since = 1, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference};

}  // namespace halftone
