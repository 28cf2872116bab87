#include "operators/heads.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace halftone {

HeadSizes head_sizes(const Shape& shape, std::int64_t packed_heads, const char* what) {
  if (shape.size() == 4) return {shape[0], shape[1], shape[2], shape[3]};
  if (shape.size() != 3) throw Error("its {} has rank {}; it must be 3 or 4", what, shape.size());
  if (packed_heads < 1 || shape[2] % packed_heads != 0) throw Error("its {} {} does not split into {} heads", what, to_string(shape), packed_heads);
  return {shape[0], packed_heads, shape[1], shape[2] / packed_heads};
}

void require_groups(std::int64_t query_heads, std::int64_t heads) {
  if (heads < 1 || query_heads < 1 || query_heads % heads != 0) throw Error("its {} heads of queries are no multiple of {} heads of keys", query_heads, heads);
}

double inner_product(const float* a, const float* b, std::int64_t size) {
  double sum = 0;
  for (std::int64_t d = 0; d < size; ++d) sum += static_cast<double>(a[d]) * b[d];
  return sum;
}

void softmax_in_place(std::span<double> scores) {
  double most = -std::numeric_limits<double>::infinity(), sum = 0;
  for (double score : scores) most = std::max(most, score);
  if (std::isinf(most) && most < 0) {
    std::fill(scores.begin(), scores.end(), 0.0);
    return;
  }
  for (double& score : scores) sum += score = std::exp(score - most);
  for (double& score : scores) score /= sum;
}

void weighted_sum(std::span<const double> weights, const float* values, std::span<double> sums) {
  std::fill(sums.begin(), sums.end(), 0.0);
  for (double weight : weights) {
    for (double& sum : sums) sum += weight * *values++;
  }
}

}  // namespace halftone
