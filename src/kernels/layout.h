// Moving 4-byte elements: between plain and channels-last order, and in strided blocks (Slice, Pad, Concat, Transpose).
#pragma once

#include <cstdint>
#include <vector>

namespace halftone {

// in [outer, rows, columns] -> out [outer, columns, rows]. Plain [N, C, S] -> channels-last [N, S, C] and back.
void transpose_inner(const float* in, std::int64_t outer, std::int64_t rows, std::int64_t columns, float* out, int threads);

// A block of elements in memory: element (i0, i1, ..) lies at i0 * strides[0] + i1 * strides[1] + ...
struct Strided {
  std::int64_t offset = 0;
  std::vector<std::int64_t> strides;  // in elements; may be negative or 0
};

// out[index] = in[index] for all indices of `sizes` (rank up to 8). in and out do not overlap.
void copy_strided(const float* in, const Strided& from, float* out, const Strided& to, const std::vector<std::int64_t>& sizes,
                  int threads);

}  // namespace halftone
