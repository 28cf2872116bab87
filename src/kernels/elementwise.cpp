#include "kernels/elementwise.h"

#include "kernels/simd.h"

namespace halftone {

HALFTONE_SIMD_CLONES
void add_scaled(const float* a, const float* b, std::int64_t count, const AddSpec& spec, float* out) {
  const float fa = spec.fa, fb = spec.fb, low = spec.low, high = spec.high;
  if (spec.rounds) {
    for (std::int64_t i = 0; i < count; ++i) {
      float sum = a[i] * fa + b[i] * fb;
      sum = sum > low ? sum : low;
      sum = sum < high ? sum : high;
      out[i] = round_half_even_small(sum);
    }
    return;
  }
  for (std::int64_t i = 0; i < count; ++i) {
    const float sum = a[i] * fa + b[i] * fb;
    out[i] = sum < low ? low : sum > high ? high : sum;
  }
}

HALFTONE_SIMD_CLONES
void clamp_values(const float* x, std::int64_t count, float low, float high, float* out) {
  for (std::int64_t i = 0; i < count; ++i) out[i] = x[i] < low ? low : x[i] > high ? high : x[i];
}

HALFTONE_SIMD_CLONES
void affine_rows(const float* x, std::int64_t rows, std::int64_t channels, const float* gain, const float* shift, float* out) {
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < channels; ++c) out[r * channels + c] = x[r * channels + c] * gain[c] + shift[c];
  }
}

}  // namespace halftone
