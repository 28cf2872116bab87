// LogSoftmax: x - max - log(sum exp(x - max)), along the axes that softmax.h tells. ONNX since 1.
#include <algorithm>
#include <cmath>
#include <limits>

#include "operators/softmax.h"

namespace halftone {

void log_softmax_row(const float* x, float* y, std::int64_t step, std::int64_t count) {
  float most = -std::numeric_limits<float>::infinity();
  for (std::int64_t c = 0; c < count; ++c) most = std::max(most, x[c * step]);
  double sum = 0;
  for (std::int64_t c = 0; c < count; ++c) sum += std::exp(static_cast<double>(x[c * step]) - most);
  const double log_sum = std::log(sum);
  for (std::int64_t c = 0; c < count; ++c) y[c * step] = static_cast<float>(static_cast<double>(x[c * step]) - most - log_sum);
}

namespace {

void reference(const Call& call, std::span<Tensor> outputs) { for_each_softmax(call, outputs[0], log_softmax_row); }

}  // namespace

extern const Operator kLogSoftmax{.type = "LogSoftmax", .since = 1, .shapes = softmax_shapes, .grid = GridRule::makes_new, .reference = reference};

}  // namespace halftone
