#include "kernels/layout.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "base/parallel.h"

namespace halftone {
namespace {

constexpr std::int64_t kTile = 32, kColours = 3;

void transpose_tile(const float* in, std::int64_t rows, std::int64_t columns, std::int64_t row, std::int64_t column, float* out) {
  const std::int64_t row_end = std::min(row + kTile, rows), column_end = std::min(column + kTile, columns);
  for (std::int64_t r = row; r < row_end; ++r) {
    for (std::int64_t c = column; c < column_end; ++c) out[c * rows + r] = in[r * columns + c];
  }
}

// Three rows (the colours of pictures): side by side, so that what is written lies together.
void interleave_colours(const float* in, std::int64_t columns, std::int64_t first, std::int64_t end, float* out) {
  for (std::int64_t c = first; c < end; ++c) {
    for (std::int64_t r = 0; r < kColours; ++r) out[c * kColours + r] = in[r * columns + c];
  }
}

// A row: the innermost axis with both strides.
void copy_row(const float* in, std::int64_t in_stride, float* out, std::int64_t out_stride, std::int64_t count) {
  if (in_stride == 1 && out_stride == 1) {
    std::memcpy(out, in, static_cast<std::size_t>(count) * sizeof(float));
    return;
  }
  for (std::int64_t i = 0; i < count; ++i) out[i * out_stride] = in[i * in_stride];
}

}  // namespace

void transpose_inner(const float* in, std::int64_t outer, std::int64_t rows, std::int64_t columns, float* out, int threads) {
  if (rows == 1 || columns == 1) {
    std::memcpy(out, in, static_cast<std::size_t>(outer * rows * columns) * sizeof(float));
    return;
  }
  if (rows == kColours) {
    constexpr std::int64_t kColumns = 8192;
    const std::int64_t pieces = (columns + kColumns - 1) / kColumns;
    return parallel_for(outer * pieces, threads, [&](std::int64_t item) {
      const std::int64_t base = item / pieces * rows * columns, first = item % pieces * kColumns;
      interleave_colours(in + base, columns, first, std::min(columns, first + kColumns), out + base);
    });
  }
  const std::int64_t strips = (columns + kTile - 1) / kTile;
  parallel_for(outer * strips, threads, [&](std::int64_t item) {
    const std::int64_t o = item / strips, column = item % strips * kTile, base = o * rows * columns;
    for (std::int64_t row = 0; row < rows; row += kTile) transpose_tile(in + base, rows, columns, row, column, out + base);
  });
}

void copy_strided(const float* in, const Strided& from, float* out, const Strided& to, const std::vector<std::int64_t>& sizes,
                  int threads) {
  HALFTONE_CHECK(from.strides.size() == sizes.size() && to.strides.size() == sizes.size());
  in += from.offset;
  out += to.offset;
  if (sizes.empty()) {
    *out = *in;
    return;
  }
  std::int64_t rows = 1;
  for (std::size_t i = 0; i + 1 < sizes.size(); ++i) rows *= sizes[i];
  const std::size_t last = sizes.size() - 1;
  if (sizes[last] == 0) return;
  const std::int64_t rows_a_block = std::max<std::int64_t>(1, 16384 / sizes[last]);
  parallel_blocks(rows, rows_a_block, threads, [&](std::int64_t first, std::int64_t end) {
    for (std::int64_t row = first; row < end; ++row) {
      std::int64_t rest = row, source = 0, target = 0;
      for (std::size_t axis = last; axis-- > 0;) {
        const std::int64_t index = rest % sizes[axis];
        rest /= sizes[axis];
        source += index * from.strides[axis];
        target += index * to.strides[axis];
      }
      copy_row(in + source, from.strides[last], out + target, to.strides[last], sizes[last]);
    }
  });
}

}  // namespace halftone
