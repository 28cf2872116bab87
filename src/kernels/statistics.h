// Streaming statistics over float32 values.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace halftone {

struct ValueExtremes {
  float min = 0, max = 0;
  bool finite = true;  // no NaN, no infinity
};
ValueExtremes find_extremes(const float* values, std::int64_t count);  // of nothing: 0, 0

// Counts values in bins: x belongs to bin floor(x * inverse_width) + half; |x * inverse_width| < half (callers check).
class BinCounter {
 public:
  BinCounter(std::int32_t half, float inverse_width) : half_(half), inverse_width_(inverse_width), tables_(static_cast<std::size_t>(2 * half * kTables)) {}

  void add(const float* values, std::int64_t count);
  std::span<const std::uint32_t> counts();  // of each bin so far

 private:
  static constexpr std::int64_t kTables = 2;  // neighbours often fall into one bin: their increments do not wait for each other

  std::int32_t half_;
  float inverse_width_;
  std::vector<std::uint32_t> tables_;  // one behind the other
};

// Per channel of rows [rows, channels]: min and max so far (callers start them at +inf and -inf).
void channel_extremes(const float* values, std::int64_t rows, std::int64_t channels, float* min, float* max);

// The sum of min(max(x + shift, low), high).
double clamped_sum(const float* values, std::int64_t count, double shift, double low, double high);

}  // namespace halftone
