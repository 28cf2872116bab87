// Normalization of pictures by the mean and deviation of groups of channels.
#pragma once

#include <cmath>

#include "operators/operator.h"

namespace halftone {

// x [N, C, positions]: y = (x - mean) / sqrt(var + epsilon) of each picture's group, then a[c] y + b[c] with a and b as
// parameters(channel) tells.
template <typename Parameters>
void normalize_groups(const Tensor& input, Tensor& output, std::int64_t groups, double epsilon, const Parameters& parameters) {
  const Shape& shape = input.shape();
  const std::int64_t channels = shape[1], each = channels / groups, positions = element_count({shape.begin() + 2, shape.end()});
  const float* x = input.values<float>().data();
  float* y = output.mutable_values<float>().data();
  for (std::int64_t g = 0; g < shape[0] * groups; ++g) {
    const std::int64_t first = g * each * positions, count = each * positions;
    double sum = 0, squares = 0;
    for (std::int64_t i = 0; i < count; ++i) sum += x[first + i];
    const double mean = sum / static_cast<double>(count);
    for (std::int64_t i = 0; i < count; ++i) squares += (x[first + i] - mean) * (x[first + i] - mean);
    const double inverse = 1 / std::sqrt(squares / static_cast<double>(count) + epsilon);
    for (std::int64_t i = 0; i < count; ++i) {
      const auto [scale, bias] = parameters(g % groups * each + i / positions);
      y[first + i] = static_cast<float>((x[first + i] - mean) * inverse * scale + bias);
    }
  }
}

}  // namespace halftone
