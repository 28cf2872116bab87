#include "kernels/dense.h"

#include <omp.h>

#include <algorithm>
#include <oneapi/dnnl/dnnl.h>

#include "base/error.h"
#include "kernels/simd.h"

namespace halftone {
namespace {

constexpr std::int64_t kSmall = 32;    // below this many columns a library call costs more than it saves
constexpr std::int64_t kNarrow = 32, kSlice = 128, kDotLanes = 16;

// oneDNN's product on this thread alone: cut over threads it would add in another order.
void product(char transpose_a, char transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, const float* a, std::int64_t lda, const float* b,
             std::int64_t ldb, float* c) {
  const int before = omp_get_max_threads();
  omp_set_num_threads(1);
  const dnnl_status_t status = dnnl_sgemm(transpose_a, transpose_b, m, n, k, 1.0f, a, lda, b, ldb, 0.0f, c, n);
  omp_set_num_threads(before);
  HALFTONE_CHECK(status == dnnl_success);
}

HALFTONE_SIMD_CLONES
void wide_stripe(MatrixView a, MatrixView b, std::int64_t rows, Stripe stripe, float* out) {
  const std::int64_t width = b.columns - stripe.from;
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t i = stripe.first; i < stripe.end; ++i) {
      const float left = a.data[r * a.columns + i];
      for (std::int64_t j = 0; j < width; ++j) out[(i - stripe.first) * width + j] += left * b.data[r * b.columns + stripe.from + j];
    }
  }
}

// Columns [first, end) of kSlice rows, one after the other.
void gather_columns(MatrixView m, std::int64_t row, std::int64_t rows, std::int64_t first, std::int64_t end, float* out) {
  for (std::int64_t c = first; c < end; ++c, out += kSlice) {
    for (std::int64_t r = 0; r < rows; ++r) out[r] = m.data[(row + r) * m.columns + c];
    std::fill(out + rows, out + kSlice, 0.0f);
  }
}

HALFTONE_SIMD_CLONES
float dot_of_slice(const float* a, const float* b) {
  float lanes[kDotLanes] = {};
  for (std::int64_t r = 0; r < kSlice; r += kDotLanes) {
    for (std::int64_t l = 0; l < kDotLanes; ++l) lanes[l] += a[r + l] * b[r + l];
  }
  float sum = 0;
  for (float lane : lanes) sum += lane;
  return sum;
}

// Few columns on both sides: turned, so that the long side is what instructions run over.
void narrow_stripe(MatrixView a, MatrixView b, std::int64_t rows, Stripe stripe, float* out) {
  const std::int64_t height = stripe.end - stripe.first, width = b.columns - stripe.from;
  float left[kNarrow * kSlice], right[kNarrow * kSlice];
  for (std::int64_t row = 0; row < rows; row += kSlice) {
    const std::int64_t count = std::min(kSlice, rows - row);
    gather_columns(a, row, count, stripe.first, stripe.end, left);
    gather_columns(b, row, count, stripe.from, b.columns, right);
    for (std::int64_t i = 0; i < height; ++i) {
      for (std::int64_t j = 0; j < width; ++j) out[i * width + j] += dot_of_slice(left + i * kSlice, right + j * kSlice);
    }
  }
}

}  // namespace

void gram_stripe(MatrixView a, MatrixView b, std::int64_t rows, Stripe stripe, float* out) {
  const std::int64_t height = stripe.end - stripe.first, width = b.columns - stripe.from;
  if (a.columns > kSmall) return product('T', 'N', height, width, rows, a.data + stripe.first, a.columns, b.data + stripe.from, b.columns, out);
  std::fill(out, out + height * width, 0.0f);
  if (height <= kNarrow && width <= kNarrow) narrow_stripe(a, b, rows, stripe, out);
  else wide_stripe(a, b, rows, stripe, out);
}

void multiply_transposed(const float* a, const float* b, std::int64_t rows, std::int64_t columns, std::int64_t inner, float* out) {
  if (inner > kSmall) return product('N', 'T', rows, columns, inner, a, inner, b, inner, out);
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < columns; ++c) {
      float sum = 0;
      for (std::int64_t i = 0; i < inner; ++i) sum += a[r * inner + i] * b[c * inner + i];
      out[r * columns + c] = sum;
    }
  }
}

HALFTONE_SIMD_CLONES
void add_scaled_rows(const float* factors, const float* values, std::int64_t rows, float* sums) {
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t l = 0; l < kDenseLanes; ++l) sums[l] += factors[i] * values[i * kDenseLanes + l];
  }
}

HALFTONE_SIMD_CLONES
void add_scaled(float factor, const float* x, std::int64_t count, float* y) {
  for (std::int64_t i = 0; i < count; ++i) y[i] += factor * x[i];
}

namespace reference {

void gram_stripe(MatrixView a, MatrixView b, std::int64_t rows, Stripe stripe, double* out) {
  for (std::int64_t i = stripe.first; i < stripe.end; ++i) {
    for (std::int64_t j = stripe.from; j < b.columns; ++j) {
      double sum = 0;
      for (std::int64_t r = 0; r < rows; ++r) sum += static_cast<double>(a.data[r * a.columns + i]) * b.data[r * b.columns + j];
      out[(i - stripe.first) * (b.columns - stripe.from) + j - stripe.from] = sum;
    }
  }
}

}  // namespace reference
}  // namespace halftone
