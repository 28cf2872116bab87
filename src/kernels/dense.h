// Small dense algebra in float32: what second moments and rounding are made of. Sums run in an order that does not depend on
// the number of threads.
#pragma once

#include <cstdint>

namespace halftone {

// A matrix in row-major order.
struct MatrixView {
  const float* data = nullptr;
  std::int64_t columns = 0;
};

// Rows [first, end) and columns [from, b.columns) of a^T b.
struct Stripe {
  std::int64_t first = 0, end = 0, from = 0;
};

// A stripe of a Gram matrix, on the calling thread: out[i - first, j - from] = sum over rows of a[row, i] * b[row, j].
void gram_stripe(MatrixView a, MatrixView b, std::int64_t rows, Stripe stripe, float* out);

// out = a b^T on the calling thread: a [rows, inner], b [columns, inner], out [rows, columns].
void multiply_transposed(const float* a, const float* b, std::int64_t rows, std::int64_t columns, std::int64_t inner, float* out);

// sums[l] += sum over i of factors[i] * values[i, l] for kDenseLanes values a row.
inline constexpr std::int64_t kDenseLanes = 32;
void add_scaled_rows(const float* factors, const float* values, std::int64_t rows, float* sums);

// y[i] += factor * x[i]
void add_scaled(float factor, const float* x, std::int64_t count, float* y);

namespace reference {
void gram_stripe(MatrixView a, MatrixView b, std::int64_t rows, Stripe stripe, double* out);
}

}  // namespace halftone
