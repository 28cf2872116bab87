#include "kernels/code_moves.h"

#include "kernels/simd.h"

namespace halftone {
namespace {

constexpr std::int64_t kBlock = 128;

// Of moves up and down one gains by the gradient and the other loses.
inline float gain_of(float code, float slope, float cost, float low, float high) {
  const float up = code < high ? -2 * slope - cost : 0.0f, down = code > low ? 2 * slope - cost : 0.0f;
  return up > down ? up : down;
}

HALFTONE_SIMD_CLONES
float largest_gain(const float* codes, const float* steps, const float* gradient, const float* cost, float low, float high, std::int64_t columns) {
  float most = 0;
#pragma omp simd reduction(max : most)
  for (std::int64_t i = 0; i < columns; ++i) {
    const float gain = gain_of(codes[i], steps[i] * gradient[i], cost[i], low, high);
    most = gain > most ? gain : most;
  }
  return most;
}

}  // namespace

CodeMove best_move(const float* codes, const float* steps, const float* gradient, const float* cost, CodeRange range, std::int64_t columns) {
  const auto low = static_cast<float>(range.low), high = static_cast<float>(range.high);
  CodeMove best;
  for (std::int64_t first = 0; first < columns; first += kBlock) {
    const float gain = largest_gain(codes + first, steps + first, gradient + first, cost + first, low, high, std::min(kBlock, columns - first));
    if (gain > best.gain) best = {first, gain};
  }
  if (best.gain == 0) return best;
  while (gain_of(codes[best.column], steps[best.column] * gradient[best.column], cost[best.column], low, high) != best.gain) ++best.column;
  return best;
}

}  // namespace halftone
