// Elementwise loops over float32.
#pragma once

#include <cstdint>

namespace halftone {

// out[i] = clamp(a[i] * fa + b[i] * fb, low, high), rounded half to even before the clamp when `rounds` (then the bounds
// are integers within +-2^22). Two products and one sum, each rounded: NUMERICS.md, Add. out may be a or b.
struct AddSpec {
  float fa = 1, fb = 1;
  float low, high;
  bool rounds = false;
};
void add_scaled(const float* a, const float* b, std::int64_t count, const AddSpec& spec, float* out);

// out[i] = clamp(x[i], low, high); NaN stays NaN.
void clamp_values(const float* x, std::int64_t count, float low, float high, float* out);

// out[r, c] = x[r, c] * gain[c] + shift[c].
void affine_rows(const float* x, std::int64_t rows, std::int64_t channels, const float* gain, const float* shift, float* out);

}  // namespace halftone
