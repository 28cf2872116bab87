#include "kernels/dense.h"

#include <omp.h>

#include <algorithm>
#include <oneapi/dnnl/dnnl.h>

#include "base/error.h"
#include "kernels/simd.h"

namespace halftone {
namespace {

constexpr std::int64_t kSmall = 32;  // below this many columns a library call costs more than it saves

// out = alpha op(a) op(b) + beta out by oneDNN, on this thread alone: cut over threads it would add in another order.
void product(char transpose_a, char transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, float alpha, MatrixView a, MatrixView b, float beta, float* out,
             std::int64_t out_columns) {
  const int before = omp_get_max_threads();
  omp_set_num_threads(1);
  const dnnl_status_t status = dnnl_sgemm(transpose_a, transpose_b, m, n, k, alpha, a.data, a.columns, b.data, b.columns, beta, out, out_columns);
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

}  // namespace

void gram_stripe(MatrixView a, MatrixView b, std::int64_t rows, Stripe stripe, float* out) {
  const std::int64_t height = stripe.end - stripe.first, width = b.columns - stripe.from;
  if (a.columns > kSmall) return product('T', 'N', height, width, rows, 1.0f, {a.data + stripe.first, a.columns}, {b.data + stripe.from, b.columns}, 0.0f, out, width);
  std::fill(out, out + height * width, 0.0f);
  wide_stripe(a, b, rows, stripe, out);
}

HALFTONE_SIMD_CLONES
void centre(const float* x, const float* shift, const float* inverse, std::int64_t count, float* out, double* sums) {
  for (std::int64_t i = 0; i < count; ++i) {
    const float value = (x[i] - shift[i]) * inverse[i];
    out[i] = value;
    sums[i] += value;
  }
}

HALFTONE_SIMD_CLONES
void centre_lanes(const float* x, const float* shift, const float* inverse, std::int64_t rows, std::int64_t step, float* out, double* sums) {
  float off[kGramLanes], factor[kGramLanes];
  double total[kGramLanes] = {};
  for (std::int64_t l = 0; l < kGramLanes; ++l) off[l] = shift[l];
  for (std::int64_t l = 0; l < kGramLanes; ++l) factor[l] = inverse[l];
  for (std::int64_t r = 0; r < rows; ++r, x += step, out += kGramLanes) {
#pragma omp simd
    for (std::int64_t l = 0; l < kGramLanes; ++l) {
      const float value = (x[l] - off[l]) * factor[l];
      out[l] = value;
      total[l] += value;
    }
  }
  for (std::int64_t l = 0; l < kGramLanes; ++l) sums[l] += total[l];
}

HALFTONE_SIMD_CLONES
double dot(const float* a, const float* b, std::int64_t count) {
  constexpr std::int64_t kWide = 8;
  double sums[kWide] = {}, sum = 0;
  std::int64_t i = 0;
  for (; i + kWide <= count; i += kWide) {
#pragma omp simd
    for (std::int64_t lane = 0; lane < kWide; ++lane) sums[lane] += static_cast<double>(a[i + lane]) * b[i + lane];
  }
  for (; i < count; ++i) sum += static_cast<double>(a[i]) * b[i];
  for (const double lane : sums) sum += lane;
  return sum;
}

// kGramLanes floats at any address. Sums of several columns at once keep additions from waiting for each other.
using Vector [[gnu::vector_size(kGramLanes * sizeof(float))]] = float;
using Lanes [[gnu::aligned(alignof(float)), gnu::may_alias]] = Vector;

HALFTONE_SIMD_CLONES
void gram_side_by_side(const float* slice, std::int64_t rows, std::int64_t columns, std::int64_t elements, float* products) {
  constexpr std::int64_t kAtOnce = 4;
  const Lanes* in = reinterpret_cast<const Lanes*>(slice);  // not auto: it would forget the alignment
  Lanes* out = reinterpret_cast<Lanes*>(products);
  for (std::int64_t i = 0; i < columns; ++i, out += elements) {
    const Lanes* a = in + i * kGramRows;
    std::int64_t j = i;
    for (; j + kAtOnce <= elements; j += kAtOnce) {
      const Lanes* b = in + j * kGramRows;
      Lanes s0{}, s1{}, s2{}, s3{};
      for (std::int64_t r = 0; r < rows; ++r) {
        s0 += a[r] * b[r];
        s1 += a[r] * b[kGramRows + r];
        s2 += a[r] * b[2 * kGramRows + r];
        s3 += a[r] * b[3 * kGramRows + r];
      }
      out[j] += s0;
      out[j + 1] += s1;
      out[j + 2] += s2;
      out[j + 3] += s3;
    }
    for (; j < elements; ++j) {
      Lanes sum{};
      for (std::int64_t r = 0; r < rows; ++r) sum += a[r] * in[j * kGramRows + r];
      out[j] += sum;
    }
  }
}

void multiply_transposed(const float* a, const float* b, std::int64_t rows, std::int64_t columns, std::int64_t inner, float* out) {
  if (inner > kSmall) return product('N', 'T', rows, columns, inner, 1.0f, {a, inner}, {b, inner}, 0.0f, out, columns);
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < columns; ++c) {
      float sum = 0;
      for (std::int64_t i = 0; i < inner; ++i) sum += a[r * inner + i] * b[c * inner + i];
      out[r * columns + c] = sum;
    }
  }
}

void add_product(MatrixView a, MatrixView b, std::int64_t rows, std::int64_t inner, float* out) {
  if (rows > 0) product('N', 'N', rows, b.columns, inner, 1.0f, a, b, 1.0f, out, b.columns);
}

void subtract_product(MatrixView a, MatrixView b, std::int64_t rows, std::int64_t inner, float* out) {
  if (rows > 0) product('N', 'N', rows, b.columns, inner, -1.0f, a, b, 1.0f, out, b.columns);
}

void subtract_transposed_product(MatrixView a, MatrixView b, std::int64_t rows, std::int64_t inner, float* out) {
  if (rows > 0) product('T', 'N', rows, b.columns, inner, -1.0f, a, b, 1.0f, out, b.columns);
}

void subtract_product_transposed(MatrixView a, MatrixView b, std::int64_t rows, std::int64_t columns, std::int64_t inner, float* out, std::int64_t out_columns) {
  product('N', 'T', rows, columns, inner, -1.0f, a, b, 1.0f, out, out_columns);
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
