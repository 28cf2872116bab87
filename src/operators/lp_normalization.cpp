// LpNormalization: x / (sum |x|^p)^(1/p) along an axis, p 1 or 2; 0 where all are 0. ONNX since 1.
#include <cmath>

#include "graph/encoding.h"
#include "operators/operator.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 1, 1);
  require_float(call, 0);
  const std::int64_t p = call.attributes().integer("p", 2);
  if (p != 1 && p != 2) throw Error("its p is {}; it takes 1 and 2", p);
  normalized_axis(call.attributes().integer("axis", -1), static_cast<std::int64_t>(call.input(0).shape.size()));
  return same_as_first_input(call);
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const Shape& shape = call.input(0).shape;
  const ChannelWalk walk = channel_walk(shape, static_cast<int>(normalized_axis(call.attributes().integer("axis", -1), static_cast<std::int64_t>(shape.size()))));
  const bool squared = call.attributes().integer("p", 2) == 2;
  const float* x = call.tensor(0).values<float>().data();
  float* y = outputs[0].mutable_values<float>().data();
  for (std::int64_t o = 0; o < walk.outer; ++o) {
    for (std::int64_t i = 0; i < walk.inner; ++i) {
      const std::int64_t first = o * walk.channels * walk.inner + i;
      double sum = 0;
      for (std::int64_t c = 0; c < walk.channels; ++c) {
        const double value = x[first + c * walk.inner];
        sum += squared ? value * value : std::fabs(value);
      }
      const double norm = squared ? std::sqrt(sum) : sum;
      for (std::int64_t c = 0; c < walk.channels; ++c) y[first + c * walk.inner] = norm == 0 ? 0.0f : static_cast<float>(x[first + c * walk.inner] / norm);
    }
  }
}

}  // namespace

extern const Operator kLpNormalization{.type = "LpNormalization", .since = 1, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference};

}  // namespace halftone
