// Elementwise loops over float32.
#pragma once

#include <cstdint>

namespace halftone {

// out[i] = clamp(a[i] + b[i], low, high). out may be a or b.
void add_values(const float* a, const float* b, std::int64_t count, float low, float high, float* out);

// The sum of two values on grids, on a third one (NUMERICS.md, Add). All are centred codes; out may be a or b.
//     ra = s_a / s_y,  rb = s_b / s_y,  fixed = z_y - fma(ra, z_a, rb z_b)
//     out[i] = clamp(round_half_even(fma(a[i] + z_a, ra, fma(b[i] + z_b, rb, fixed))) - z_y, low, high)
// Every operation in float32, fma rounded once: what ONNX Runtime's QLinearAdd computes, to the bit.
struct CodeAdd {
  float ra = 1, rb = 1;
  float za = 0, zb = 0, zy = 0;
  float low = 0, high = 255;  // centred
};
void add_codes(const float* a, const float* b, std::int64_t count, const CodeAdd& spec, float* out);

// out[i] = clamp(x[i], low, high); NaN stays NaN. out may be x.
void clamp_values(const float* x, std::int64_t count, float low, float high, float* out);

// out[r, c] = x[r, c] * gain[c] + shift[c]. out may be x.
void affine_rows(const float* x, std::int64_t rows, std::int64_t channels, const float* gain, const float* shift, float* out);

}  // namespace halftone
