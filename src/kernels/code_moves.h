// Codes of weights: the nearest one, and moves of single codes by one that lower a quadratic error.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace halftone {

// The codes a weight may take, zero point taken off.
struct CodeRange {
  std::int32_t low = -128, high = 127;
};

inline float nearest_code(float x, float scale, CodeRange range) {
  return std::clamp(std::nearbyint(x / scale), static_cast<float>(range.low), static_cast<float>(range.high));
}

struct CodeMove {
  std::int64_t column = 0;
  float gain = 0;  // 0: no move helps
};

// Codes go against their gradients, inside their range.
inline float against(float gradient) { return gradient > 0 ? -1.0f : 1.0f; }
inline bool can_move(float code, float gradient, CodeRange range) {
  return gradient > 0 ? code > static_cast<float>(range.low) : code < static_cast<float>(range.high);
}

// The column with the largest gain = 2 step |gradient| - cost of those that can move, the first of several.
CodeMove best_move(const float* codes, const float* steps, const float* gradient, const float* cost, CodeRange range, std::int64_t columns);

}  // namespace halftone
