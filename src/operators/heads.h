// Heads of attention: [batch, heads, positions, size], or packed as [batch, positions, heads size].
#pragma once

#include "operators/operator.h"

namespace halftone {

struct HeadSizes {
  std::int64_t batch = 0, heads = 0, positions = 0, size = 0;
};

// Of rank 4, or packed (rank 3) with so many heads. Throws Error for other ranks and sizes that do not split.
HeadSizes head_sizes(const Shape& shape, std::int64_t packed_heads, const char* what);

// How far a head and a position lie apart.
struct HeadSteps {
  std::int64_t batch = 0, head = 0, position = 0;
  HeadSteps(const HeadSizes& sizes, bool packed)
      : batch(sizes.heads * sizes.positions * sizes.size), head(packed ? sizes.size : sizes.positions * sizes.size), position(packed ? sizes.heads * sizes.size : sizes.size) {}
  std::int64_t operator()(std::int64_t b, std::int64_t h, std::int64_t p) const { return b * batch + h * head + p * position; }
};

// Throws Error unless each of `heads` serves as many of `query_heads`.
void require_groups(std::int64_t query_heads, std::int64_t heads);

// sum_d a[d] b[d], of `size` numbers.
double inner_product(const float* a, const float* b, std::int64_t size);

// scores <- exp(score - max) / sum; zeros where all are -infinity.
void softmax_in_place(std::span<double> scores);

// sums[d] = sum_j weights[j] values[j, d]
void weighted_sum(std::span<const double> weights, const float* values, std::span<double> sums);

}  // namespace halftone
