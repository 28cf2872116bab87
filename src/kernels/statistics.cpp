#include "kernels/statistics.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "kernels/simd.h"

namespace halftone {
namespace {

HALFTONE_SIMD_CLONES
void bins_of(const float* values, std::int64_t count, float inverse_width, std::int32_t half, std::int32_t* bins) {
  for (std::int64_t i = 0; i < count; ++i) {
    const float scaled = values[i] * inverse_width;
    const auto towards_zero = static_cast<std::int32_t>(scaled);
    bins[i] = towards_zero - (static_cast<float>(towards_zero) > scaled ? 1 : 0) + half;
  }
}

}  // namespace

// x - x is 0 for finite x and NaN otherwise; the sum tells whether all were finite.
HALFTONE_SIMD_CLONES
ValueExtremes find_extremes(const float* values, std::int64_t count) {
  if (count == 0) return {};
  float min = values[0], max = values[0], odd = 0;
#pragma omp simd reduction(min : min) reduction(max : max) reduction(+ : odd)
  for (std::int64_t i = 0; i < count; ++i) {
    const float x = values[i];
    min = x < min ? x : min;
    max = x > max ? x : max;
    odd += x - x;
  }
  return {min, max, odd == 0};
}

void BinCounter::add(const float* values, std::int64_t count) {
  constexpr std::int64_t kChunk = 2048;
  const std::int64_t size = 2 * static_cast<std::int64_t>(half_);
  std::uint32_t* tables = tables_.data();
  std::int32_t bins[kChunk];
  for (std::int64_t first = 0; first < count; first += kChunk) {
    const std::int64_t here = std::min(kChunk, count - first);
    bins_of(values + first, here, inverse_width_, half_, bins);
    std::int64_t i = 0;
    for (; i + kTables <= here; i += kTables) {
      for (std::int64_t t = 0; t < kTables; ++t) ++tables[t * size + bins[i + t]];
    }
    for (; i < here; ++i) ++tables[bins[i]];
  }
}

std::span<const std::uint32_t> BinCounter::counts() {
  const std::size_t size = tables_.size() / kTables;
  for (std::size_t t = 1; t < kTables; ++t) {
    for (std::size_t b = 0; b < size; ++b) tables_[b] += std::exchange(tables_[t * size + b], 0);
  }
  return {tables_.data(), size};
}

HALFTONE_SIMD_CLONES
void channel_extremes(const float* values, std::int64_t rows, std::int64_t channels, float* min, float* max) {
  for (std::int64_t r = 0; r < rows; ++r) {
    const float* row = values + r * channels;
    for (std::int64_t c = 0; c < channels; ++c) {
      min[c] = row[c] < min[c] ? row[c] : min[c];
      max[c] = row[c] > max[c] ? row[c] : max[c];
    }
  }
}

HALFTONE_SIMD_CLONES
double clamped_sum(const float* values, std::int64_t count, double shift, double low, double high) {
  constexpr std::int64_t kWide = 8;
  double sums[kWide] = {}, sum = 0;
  std::int64_t i = 0;
  for (; i + kWide <= count; i += kWide) {
    for (std::int64_t lane = 0; lane < kWide; ++lane) {
      const double x = static_cast<double>(values[i + lane]) + shift, raised = x < low ? low : x;
      sums[lane] += raised > high ? high : raised;
    }
  }
  for (; i < count; ++i) sum += std::clamp<double>(values[i] + shift, low, high);
  for (double lane : sums) sum += lane;
  return sum;
}

}  // namespace halftone
