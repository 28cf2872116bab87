#include "kernels/code_moves.h"

#include "kernels/simd.h"

namespace halftone {
namespace {

constexpr std::int64_t kLanes = 16;

// Of moves up and down one gains by the gradient and the other loses.
inline float gain_of(float code, float slope, float cost, float low, float high) {
  const float up = code < high ? -2 * slope - cost : 0.0f, down = code > low ? 2 * slope - cost : 0.0f;
  return up > down ? up : down;
}

}  // namespace

HALFTONE_SIMD_CLONES
CodeMove best_move(const float* codes, const float* steps, const float* gradient, const float* cost, CodeRange range, std::int64_t columns) {
  const auto low = static_cast<float>(range.low), high = static_cast<float>(range.high);
  float gains[kLanes] = {};
  std::int32_t blocks[kLanes] = {};
  const std::int64_t whole = columns / kLanes;
  for (std::int64_t b = 0; b < whole; ++b) {
    for (std::int64_t l = 0; l < kLanes; ++l) {
      const std::int64_t i = b * kLanes + l;
      const float gain = gain_of(codes[i], steps[i] * gradient[i], cost[i], low, high);
      const bool better = gain > gains[l];
      gains[l] = better ? gain : gains[l];
      blocks[l] = better ? static_cast<std::int32_t>(b) : blocks[l];
    }
  }
  CodeMove best;
  const auto consider = [&](std::int64_t column, float gain) {
    if (gain > best.gain || (gain == best.gain && gain > 0 && column < best.column)) best = {column, gain};
  };
  for (std::int64_t l = 0; l < kLanes; ++l) consider(blocks[l] * kLanes + l, gains[l]);
  for (std::int64_t i = whole * kLanes; i < columns; ++i) consider(i, gain_of(codes[i], steps[i] * gradient[i], cost[i], low, high));
  return best;
}

}  // namespace halftone
