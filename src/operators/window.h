// The sliding window of convolutions and pools: kernel, strides, dilations, pads, and the output's size.
#pragma once

#include <algorithm>

#include "operators/operator.h"

namespace halftone {

// Per spatial axis. in, out: sizes of the picture before and after.
struct Window {
  std::vector<std::int64_t> in, out, kernel, strides, dilations, pads_begin, pads_end;
  std::size_t rank() const { return in.size(); }
};

// Reads strides, dilations, pads, auto_pad (NOTSET, VALID, SAME_UPPER, SAME_LOWER) and ceil_mode of the node.
// `input` is [N, C, spatial...]. Throws Error for counts that do not fit the rank, sizes below 1, negative pads, and a
// kernel larger than the padded picture. ceil_mode: a last window that would start in the right padding is dropped.
Window window_of(const Node& node, const Shape& input, const std::vector<std::int64_t>& kernel);

// Walks the kernel's taps of one output position that lie inside the picture.
// body(tap index in the kernel, position in the picture), both row-major.
template <typename Body>
void for_each_tap(const Window& window, const std::vector<std::int64_t>& position, const Body& body) {
  std::int64_t taps = 1;
  for (std::int64_t k : window.kernel) taps *= k;
  for (std::int64_t tap = 0; tap < taps; ++tap) {
    std::int64_t rest = tap, place = 0, scale = 1;
    bool inside = true;
    for (std::size_t axis = window.rank(); axis-- > 0;) {
      const std::int64_t k = rest % window.kernel[axis];
      rest /= window.kernel[axis];
      const std::int64_t at = position[axis] * window.strides[axis] - window.pads_begin[axis] + k * window.dilations[axis];
      inside = inside && at >= 0 && at < window.in[axis];
      place += at * scale;
      scale *= window.in[axis];
    }
    if (inside) body(tap, place);
  }
}

// Calls body(position, index) for all output positions in row-major order.
template <typename Body>
void for_each_position(const std::vector<std::int64_t>& sizes, const Body& body) {
  std::vector<std::int64_t> position(sizes.size(), 0);
  const std::int64_t count = element_count(sizes);
  for (std::int64_t index = 0; index < count; ++index) {
    body(position, index);
    for (std::size_t axis = sizes.size(); axis-- > 0;) {
      if (++position[axis] < sizes[axis]) break;
      position[axis] = 0;
    }
  }
}

// Walks the output's rows (along the last axis) under one tap of the kernel: body(row, place, first, end). Of position x of the row,
// first <= x < end, the tap lies at place + x * stride of the last axis in the picture; of the others it lies outside.
template <typename Body>
void for_each_row_under_tap(const Window& window, std::int64_t tap, const Body& body) {
  const std::size_t last = window.rank() - 1;
  std::vector<std::int64_t> offset(window.rank());  // of the tap from where the window stands
  for (std::size_t axis = window.rank(); axis-- > 0; tap /= window.kernel[axis]) {
    offset[axis] = tap % window.kernel[axis] * window.dilations[axis] - window.pads_begin[axis];
  }
  const std::int64_t stride = window.strides[last], width = window.in[last];
  const std::int64_t first = std::max<std::int64_t>(0, (-offset[last] + stride - 1) / stride);
  const std::int64_t end = std::min(window.out[last], offset[last] >= width ? 0 : (width - 1 - offset[last]) / stride + 1);
  if (first >= end) return;
  for_each_position({window.out.begin(), window.out.end() - 1}, [&](const std::vector<std::int64_t>& position, std::int64_t row) {
    std::int64_t place = 0;
    for (std::size_t axis = 0; axis < last; ++axis) {
      const std::int64_t at = position[axis] * window.strides[axis] + offset[axis];
      if (at < 0 || at >= window.in[axis]) return;
      place = place * window.in[axis] + at;
    }
    body(row, place * width + offset[last], first, end);
  });
}

}  // namespace halftone
