// Streaming statistics over float32 values.
#pragma once

#include <cstdint>
#include <span>

namespace halftone {

struct ValueExtremes {
  float min = 0, max = 0;
  bool finite = true;  // no NaN, no infinity
};
ValueExtremes find_extremes(const float* values, std::int64_t count);  // of nothing: 0, 0

// counts[floor(x * inverse_width) + half] += 1 for each value; |x * inverse_width| < half (callers check).
void count_bins(const float* values, std::int64_t count, float inverse_width, std::int32_t half, std::span<std::uint32_t> counts);

// Per channel of rows [rows, channels]: min and max so far (callers start them at +inf and -inf).
void channel_extremes(const float* values, std::int64_t rows, std::int64_t channels, float* min, float* max);

// The sum of min(max(x + shift, low), high).
double clamped_sum(const float* values, std::int64_t count, double shift, double low, double high);

}  // namespace halftone
