// The uint8 grid of a tensor's own range, widened to hold 0, as DynamicQuantizeLinear has it.
#pragma once

#include <algorithm>
#include <cmath>

namespace halftone {

struct DynamicGrid {
  float scale = 1, zero = 0;

  float code(float x) const { return std::clamp(std::nearbyint(x / scale) + zero, 0.0f, 255.0f); }
  float real(float x) const { return (code(x) - zero) * scale; }  // on the grid
};

template <typename Numbers>
DynamicGrid dynamic_grid(const Numbers& numbers) {
  float low = 0, high = 0;
  for (const auto x : numbers) {
    low = std::min(low, static_cast<float>(x));
    high = std::max(high, static_cast<float>(x));
  }
  const float scale = high == low ? 1.0f : (high - low) / 255;
  return {scale, std::nearbyint(std::clamp(-low / scale, 0.0f, 255.0f))};
}

}  // namespace halftone
