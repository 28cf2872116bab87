// Interpolation between the pixels around a place: what GridSample, DeformConv and RoiAlign share.
#pragma once

#include <cmath>
#include <vector>

#include "tensor/shape.h"

namespace halftone {

// One pixel, along an axis or in the picture: -1 lies outside and counts as 0.
struct Tap {
  std::int64_t index = -1;
  double weight = 1;
};

// The two pixels around a place along an axis of `size`; what is no number lies outside.
inline void set_linear_taps(double place, std::int64_t size, Tap* taps) {
  taps[0] = taps[1] = {-1, 0};
  if (!(place > -1 && place < static_cast<double>(size))) return;
  const double first = std::floor(place);
  const auto index = static_cast<std::int64_t>(first);
  taps[0] = {index, 1 - (place - first)};
  taps[1] = {index + 1 < size ? index + 1 : -1, place - first};
}

// The pixels of a place: the product of `count` taps along each axis, without those outside. axes: all taps of the first axis, then
// those of the second, ...
inline void combine_taps(const std::vector<Tap>& axes, std::size_t count, const Shape& sizes, std::vector<Tap>& all) {
  all.assign(1, {0, 1});
  std::size_t first = 0;
  for (std::size_t axis = 0; axis < sizes.size(); ++axis) {
    for (const std::size_t end = all.size(); first < end; ++first) {
      const Tap before = all[first];
      for (std::size_t t = 0; t < count; ++t) {
        const Tap& tap = axes[axis * count + t];
        if (tap.index >= 0) all.push_back({before.index * sizes[axis] + tap.index, before.weight * tap.weight});
      }
    }
  }
  all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(first));
}

inline double weighted_pixels(const std::vector<Tap>& taps, const float* picture) {
  double sum = 0;
  for (const Tap& tap : taps) sum += tap.weight * picture[tap.index];
  return sum;
}

}  // namespace halftone
