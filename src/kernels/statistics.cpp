#include "kernels/statistics.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/simd.h"

namespace halftone {
namespace {

constexpr std::int64_t kLanes = 16;

// x - x is 0 for finite x and NaN otherwise; the sum tells whether all were finite.
HALFTONE_SIMD_CLONES
void extremes_in_lanes(const float* values, std::int64_t count, float* min, float* max, float* oddness) {
  for (std::int64_t i = 0; i + kLanes <= count; i += kLanes) {
    for (std::int64_t lane = 0; lane < kLanes; ++lane) {
      const float x = values[i + lane];
      min[lane] = x < min[lane] ? x : min[lane];
      max[lane] = x > max[lane] ? x : max[lane];
      oddness[lane] += x - x;
    }
  }
}

HALFTONE_SIMD_CLONES
void bins_of(const float* values, std::int64_t count, float inverse_width, std::int32_t half, std::int32_t* bins) {
  for (std::int64_t i = 0; i < count; ++i) {
    const float scaled = values[i] * inverse_width;
    const auto towards_zero = static_cast<std::int32_t>(scaled);
    bins[i] = towards_zero - (static_cast<float>(towards_zero) > scaled ? 1 : 0) + half;
  }
}

}  // namespace

ValueExtremes find_extremes(const float* values, std::int64_t count) {
  if (count == 0) return {};
  float min[kLanes], max[kLanes], oddness[kLanes] = {};
  std::fill(min, min + kLanes, values[0]);
  std::fill(max, max + kLanes, values[0]);
  extremes_in_lanes(values, count, min, max, oddness);
  ValueExtremes all{min[0], max[0]};
  float odd = 0;
  for (std::int64_t lane = 0; lane < kLanes; ++lane) {
    all.min = std::min(all.min, min[lane]);
    all.max = std::max(all.max, max[lane]);
    odd += oddness[lane];
  }
  for (std::int64_t i = count / kLanes * kLanes; i < count; ++i) {
    all.min = std::min(all.min, values[i]);
    all.max = std::max(all.max, values[i]);
    odd += values[i] - values[i];
  }
  all.finite = odd == 0;
  return all;
}

void count_bins(const float* values, std::int64_t count, float inverse_width, std::int32_t half, std::span<std::uint32_t> counts) {
  // Neighbours often fall into one bin; several tables keep their increments from waiting for each other.
  constexpr std::int64_t kTables = 4, kChunk = 2048;
  std::vector<std::uint32_t> tables(counts.size() * (kTables - 1), 0);
  std::uint32_t* table[kTables] = {counts.data(), tables.data(), tables.data() + counts.size(), tables.data() + 2 * counts.size()};
  std::int32_t bins[kChunk];
  for (std::int64_t first = 0; first < count; first += kChunk) {
    const std::int64_t here = std::min(kChunk, count - first);
    bins_of(values + first, here, inverse_width, half, bins);
    std::int64_t i = 0;
    for (; i + kTables <= here; i += kTables) {
      for (std::int64_t t = 0; t < kTables; ++t) ++table[t][bins[i + t]];
    }
    for (; i < here; ++i) ++table[0][bins[i]];
  }
  for (std::int64_t t = 1; t < kTables; ++t) {
    for (std::size_t b = 0; b < counts.size(); ++b) counts[b] += table[t][b];
  }
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

}  // namespace halftone
