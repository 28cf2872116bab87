#include "kernels/cholesky.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/parallel.h"
#include "kernels/dense.h"

namespace halftone {
namespace {

constexpr std::int64_t kPanel = 64, kRows = 128;  // columns of a block; rows that one thread takes

// The factor of a block on the diagonal, turned: [row of L^T][kPanel].
void factor_block(float* a, std::int64_t size, std::int64_t count, float least, float* turned) {
  for (std::int64_t j = 0; j < count; ++j) {
    const float root = std::sqrt(std::max(a[j * size + j], least));
    a[j * size + j] = root;
    for (std::int64_t i = j + 1; i < count; ++i) a[i * size + j] /= root;
    for (std::int64_t i = j; i < count; ++i) turned[j * kPanel + i] = a[i * size + j];
    for (std::int64_t i = j + 1; i < count; ++i) add_scaled(-a[i * size + j], turned + j * kPanel + j + 1, i - j, a + i * size + j + 1);
  }
}

// row = row L^-T
void solve_row(const float* turned, std::int64_t count, float* row) {
  for (std::int64_t j = 0; j < count; ++j) {
    row[j] /= turned[j * kPanel + j];
    add_scaled(-row[j], turned + j * kPanel + j + 1, count - j - 1, row + j + 1);
  }
}

}  // namespace

void cholesky(float* a, std::int64_t size, float least, int threads) {
  std::vector<float> turned(static_cast<std::size_t>(kPanel * kPanel));
  for (std::int64_t first = 0, end; first < size; first = end) {
    end = std::min(size, first + kPanel);
    factor_block(a + first * size + first, size, end - first, least, turned.data());
    parallel_blocks(size - end, kRows, threads, [&](std::int64_t from, std::int64_t to) {
      for (std::int64_t r = end + from; r < end + to; ++r) solve_row(turned.data(), end - first, a + r * size + first);
    });
    const float* panel = a + end * size + first;  // the rows of L below the block
    parallel_blocks(size - end, kRows, threads, [&](std::int64_t from, std::int64_t to) {
      subtract_product_transposed({panel + from * size, size}, {panel, size}, to - from, to, end - first, a + (end + from) * size + end, size);
    });
  }
}

void solve_cholesky(const float* l, std::int64_t size, float* x, std::int64_t columns) {
  const auto row = [&](std::int64_t i) { return x + i * columns; };
  const auto divide = [&](std::int64_t i) { std::transform(row(i), row(i + 1), row(i), [&](float v) { return v / l[i * size + i]; }); };
  for (std::int64_t first = 0, end; first < size; first = end) {  // L y = x
    end = std::min(size, first + kPanel);
    for (std::int64_t i = first; i < end; ++i) {
      for (std::int64_t j = first; j < i; ++j) add_scaled(-l[i * size + j], row(j), columns, row(i));
      divide(i);
    }
    subtract_product({l + end * size + first, size}, {row(first), columns}, size - end, end - first, row(end));
  }
  for (std::int64_t end = size, first; end > 0; end = first) {  // L^T x = y
    first = std::max<std::int64_t>(0, end - kPanel);
    for (std::int64_t i = end - 1; i >= first; --i) {
      for (std::int64_t j = i + 1; j < end; ++j) add_scaled(-l[j * size + i], row(j), columns, row(i));
      divide(i);
    }
    // What is left for the rows above: x -= L[first.., ..first]^T x of these.
    subtract_transposed_product({l + first * size, size}, {row(first), columns}, first, end - first, x);
  }
}

}  // namespace halftone
