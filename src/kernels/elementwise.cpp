#include "kernels/elementwise.h"

#include <cmath>

#include "kernels/simd.h"

namespace halftone {

// `omp simd`: out may be an input, and nothing else overlaps.

HALFTONE_SIMD_CLONES
void add_values(const float* a, const float* b, std::int64_t count, float low, float high, float* out) {
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) {
    const float sum = a[i] + b[i];
    out[i] = sum < low ? low : sum > high ? high : sum;
  }
}

HALFTONE_FMA_CLONES
void add_codes(const float* a, const float* b, std::int64_t count, const CodeAdd& s, float* out) {
  const float ra = s.ra, rb = s.rb, za = s.za, zb = s.zb, zy = s.zy;  // `out` might be s, for all the compiler knows
  const float fixed = zy - std::fma(ra, za, rb * zb);
  const float low = s.low + zy, high = s.high + zy;
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) {
    float code = std::fma(a[i] + za, ra, std::fma(b[i] + zb, rb, fixed));
    code = code > low ? code : low;
    code = code < high ? code : high;
    out[i] = round_half_even_small(code) - zy;
  }
}

HALFTONE_SIMD_CLONES
void clamp_values(const float* x, std::int64_t count, float low, float high, float* out) {
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) out[i] = x[i] < low ? low : x[i] > high ? high : x[i];
}

HALFTONE_SIMD_CLONES
void affine_rows(const float* x, std::int64_t rows, std::int64_t channels, const float* gain, const float* shift, float* out) {
  for (std::int64_t r = 0; r < rows; ++r) {
#pragma omp simd
    for (std::int64_t c = 0; c < channels; ++c) out[r * channels + c] = x[r * channels + c] * gain[c] + shift[c];
  }
}

}  // namespace halftone
