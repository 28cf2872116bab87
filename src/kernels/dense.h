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

// out[i] = (x[i] - shift[i]) * inverse[i]; sums[i] += out[i].
void centre(const float* x, const float* shift, const float* inverse, std::int64_t count, float* out, double* sums);

// The same for kGramLanes values of each of `rows` rows, `step` apart in x and side by side in out.
void centre_lanes(const float* x, const float* shift, const float* inverse, std::int64_t rows, std::int64_t step, float* out, double* sums);

// The sum of a[i] b[i] in float64.
double dot(const float* a, const float* b, std::int64_t count);

// Gram matrices of kGramLanes groups side by side: products[i, j, lane] += sum over rows of slice[i, row, lane] * slice[j, row, lane],
// for i < columns and i <= j < elements, at most kGramRows rows, in the place of as many.
inline constexpr std::int64_t kGramLanes = 16, kGramRows = 64;
void gram_side_by_side(const float* slice, std::int64_t rows, std::int64_t columns, std::int64_t elements, float* products);

// out = a b^T on the calling thread: a [rows, inner], b [columns, inner], out [rows, columns].
void multiply_transposed(const float* a, const float* b, std::int64_t rows, std::int64_t columns, std::int64_t inner, float* out);

// out += a b on the calling thread: `rows` rows of `inner` elements of a, `inner` rows of b, out as wide as b.
void add_product(MatrixView a, MatrixView b, std::int64_t rows, std::int64_t inner, float* out);

// out -= a b, out -= a^T b (a: `inner` rows of `rows` elements), and out -= a b^T (`columns` rows of b; out's rows are
// `out_columns` wide): the steps of a blocked factorisation.
void subtract_product(MatrixView a, MatrixView b, std::int64_t rows, std::int64_t inner, float* out);
void subtract_transposed_product(MatrixView a, MatrixView b, std::int64_t rows, std::int64_t inner, float* out);
void subtract_product_transposed(MatrixView a, MatrixView b, std::int64_t rows, std::int64_t columns, std::int64_t inner, float* out, std::int64_t out_columns);

// sums[l] += sum over i of factors[i] * values[i, l] for kDenseLanes values a row.
inline constexpr std::int64_t kDenseLanes = 32;
void add_scaled_rows(const float* factors, const float* values, std::int64_t rows, float* sums);

// y[i] += factor * x[i]
void add_scaled(float factor, const float* x, std::int64_t count, float* y);

namespace reference {
void gram_stripe(MatrixView a, MatrixView b, std::int64_t rows, Stripe stripe, double* out);
}

}  // namespace halftone
