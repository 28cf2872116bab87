// Real numbers <-> centred codes, x_int - zero_point held in float32: what a simulated network computes on.
#pragma once

#include <cstdint>

#include "graph/encoding.h"

namespace halftone {

// A per-tensor grid as kernels take it. low and high are code_min - zero_point and code_max - zero_point.
struct CodeGrid {
  float scale = 1;
  float low = 0, high = 255;
};
CodeGrid code_grid(const Encoding& encoding);  // per tensor and complete

// out[i] = clamp(round_half_even(x[i] / scale), low, high). Codes have at most 16 bits. out may be x. NaN gives low.
// The division is one float32 division, as ONNX's QuantizeLinear.
void quantize_to_codes(const float* x, std::int64_t count, const CodeGrid& grid, float* out);

// Codes of up to 17 bits as x = 256 high + low, with |low| <= 128: low and high are small enough for exact sums.
void split_codes(const float* x, std::int64_t count, float* high, float* low);

// out[i] = x[i] * factor, rounded once: codes -> real (factor = scale). out may be x.
void scale_values(const float* x, std::int64_t count, float factor, float* out);

// Codes of up to 8 bits as bytes, and back: out = x + shift, which lies in 0..255.
void pack_codes(const float* x, std::int64_t count, std::int32_t shift, std::uint8_t* out);
void unpack_codes(const std::uint8_t* x, std::int64_t count, std::int32_t shift, float* out);

// out[i] = clamp(round_half_even(x[i] * multiplier[i % channels]), low, high): a layer's sum, or the codes of another
// grid, onto this one. NUMERICS.md, requantization. `rounds` false: only multiply and clamp.
void requantize(const float* x, std::int64_t rows, std::int64_t channels, const float* multiplier, bool rounds, float low,
                float high, float* out);

// What rounding to the grid adds to each x: sum of squares, and sum, in float64 in a fixed order.
struct RoundingError {
  double squares = 0, sum = 0;
};
RoundingError rounding_error(const float* x, std::int64_t count, const CodeGrid& grid);

namespace reference {
RoundingError rounding_error(const float* x, std::int64_t count, const CodeGrid& grid);
void quantize_to_codes(const float* x, std::int64_t count, const CodeGrid& grid, float* out);
void requantize(const float* x, std::int64_t rows, std::int64_t channels, const float* multiplier, bool rounds, float low,
                float high, float* out);
}  // namespace reference

}  // namespace halftone
