#include "kernels/quantize.h"

#include <algorithm>
#include <cmath>

#include "kernels/simd.h"

namespace halftone {

CodeGrid code_grid(const Encoding& encoding) {
  HALFTONE_CHECK(encoding.per_tensor() && encoding.scale.size() == 1);
  return {encoding.scale[0], static_cast<float>(encoding.code_min() - encoding.zero_point[0]),
          static_cast<float>(encoding.code_max() - encoding.zero_point[0])};
}

HALFTONE_SIMD_CLONES
void quantize_to_codes(const float* x, std::int64_t count, const CodeGrid& grid, float* out) {
  const float scale = grid.scale, low = grid.low, high = grid.high;
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) {
    float code = x[i] / scale;
    code = code > low ? code : low;  // clamped first: the bounds are integers, so rounding cannot cross them
    code = code < high ? code : high;
    out[i] = round_half_even_small(code);
  }
}

HALFTONE_SIMD_CLONES
void split_codes(const float* x, std::int64_t count, float* high, float* low) {
  for (std::int64_t i = 0; i < count; ++i) {
    high[i] = round_half_even_small(x[i] * 0x1p-8f);
    low[i] = x[i] - 256.0f * high[i];
  }
}

HALFTONE_SIMD_CLONES
void scale_values(const float* x, std::int64_t count, float factor, float* out) {
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) out[i] = x[i] * factor;
}

HALFTONE_SIMD_CLONES
void pack_codes(const float* x, std::int64_t count, std::int32_t shift, std::uint8_t* out) {
  for (std::int64_t i = 0; i < count; ++i) out[i] = static_cast<std::uint8_t>(static_cast<std::int32_t>(x[i]) + shift);
}

HALFTONE_SIMD_CLONES
void unpack_codes(const std::uint8_t* x, std::int64_t count, std::int32_t shift, float* out) {
  for (std::int64_t i = 0; i < count; ++i) out[i] = static_cast<float>(x[i] + shift);
}

HALFTONE_SIMD_CLONES
void requantize(const float* x, std::int64_t rows, std::int64_t channels, const float* multiplier, bool rounds, float low,
                float high, float* out) {
  for (std::int64_t r = 0; r < rows; ++r) {
    const float* in = x + r * channels;
    float* to = out + r * channels;
    if (rounds) {
      for (std::int64_t c = 0; c < channels; ++c) {
        float code = in[c] * multiplier[c];
        code = code > low ? code : low;
        code = code < high ? code : high;
        to[c] = round_half_even_small(code);
      }
    } else {
      for (std::int64_t c = 0; c < channels; ++c) {
        const float value = in[c] * multiplier[c];
        to[c] = value < low ? low : value > high ? high : value;
      }
    }
  }
}

namespace {

constexpr std::int64_t kLanes = 8;

HALFTONE_SIMD_CLONES
void rounding_error_in_lanes(const float* x, std::int64_t count, float scale, float low, float high, double* squares, double* sums) {
  double square[kLanes] = {}, sum[kLanes] = {};
  const double wide_scale = scale;
  for (std::int64_t i = 0; i + kLanes <= count; i += kLanes) {
#pragma omp simd
    for (std::int64_t lane = 0; lane < kLanes; ++lane) {
      float code = x[i + lane] / scale;
      code = code > low ? code : low;
      code = code < high ? code : high;
      const double off = wide_scale * round_half_even_small(code) - x[i + lane];
      square[lane] += off * off;
      sum[lane] += off;
    }
  }
  for (std::int64_t lane = 0; lane < kLanes; ++lane) {
    squares[lane] = square[lane];
    sums[lane] = sum[lane];
  }
}

}  // namespace

RoundingError rounding_error(const float* x, std::int64_t count, const CodeGrid& grid) {
  double squares[kLanes] = {}, sums[kLanes] = {};
  rounding_error_in_lanes(x, count, grid.scale, grid.low, grid.high, squares, sums);
  const std::int64_t whole = count / kLanes * kLanes;
  RoundingError total = reference::rounding_error(x + whole, count - whole, grid);
  for (std::int64_t lane = 0; lane < kLanes; ++lane) {
    total.squares += squares[lane];
    total.sum += sums[lane];
  }
  return total;
}

namespace reference {

RoundingError rounding_error(const float* x, std::int64_t count, const CodeGrid& grid) {
  RoundingError error;
  for (std::int64_t i = 0; i < count; ++i) {
    const double off = static_cast<double>(grid.scale) * std::clamp(std::nearbyint(x[i] / grid.scale), grid.low, grid.high) - x[i];
    error.squares += off * off;
    error.sum += off;
  }
  return error;
}

void quantize_to_codes(const float* x, std::int64_t count, const CodeGrid& grid, float* out) {
  for (std::int64_t i = 0; i < count; ++i) {
    const float code = std::nearbyint(x[i] / grid.scale);
    out[i] = std::isnan(code) ? grid.low : std::clamp(code, grid.low, grid.high);
  }
}

void requantize(const float* x, std::int64_t rows, std::int64_t channels, const float* multiplier, bool rounds, float low,
                float high, float* out) {
  for (std::int64_t i = 0; i < rows * channels; ++i) {
    const float product = x[i] * multiplier[i % channels];
    out[i] = std::clamp(rounds ? std::nearbyint(product) : product, low, high);
  }
}

}  // namespace reference
}  // namespace halftone
