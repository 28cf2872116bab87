// Broadcasting, numpy's way.
#pragma once

#include <cstdint>
#include <vector>

#include "tensor/shape.h"

namespace halftone {

// Where element `index` (row-major in `to`) of a tensor of shape `from`, broadcast to `to`, lies in it.
std::int64_t broadcast_offset(const Shape& from, const Shape& to, std::int64_t index);

// A broadcast tensor's elements along a run of the output: offset, offset + step, ...
struct BroadcastPlace {
  std::int64_t offset = 0, step = 0;
};

// Distance in a tensor of shape `from` between neighbours along each axis of `to`; 0 where it is repeated.
std::vector<std::int64_t> broadcast_strides(const Shape& from, const Shape& to);

// Walks `to` in row-major order, in runs as long as all tensors allow: body(count, places), a place for each tensor. strides: of each
// tensor, the distance between its neighbours along each axis of `to`.
template <typename Body>
void for_each_strided_run(const Shape& to, const std::vector<std::vector<std::int64_t>>& strides, const Body& body) {
  // Trailing axes that every tensor runs through with one step are one run.
  std::size_t outer = to.size();
  std::int64_t count = 1;
  std::vector<BroadcastPlace> places(strides.size());
  while (outer > 0) {
    bool joins = true;
    for (std::size_t t = 0; t < strides.size(); ++t) joins = joins && (count == 1 || to[outer - 1] == 1 || strides[t][outer - 1] == places[t].step * count);
    if (!joins) break;
    --outer;
    for (std::size_t t = 0; t < strides.size(); ++t) {
      if (count == 1 && to[outer] != 1) places[t].step = strides[t][outer];
    }
    count *= to[outer];
  }
  if (element_count(to) == 0) return;
  std::vector<std::int64_t> position(outer, 0);
  for (;;) {
    body(count, places);
    std::size_t axis = outer;
    while (axis-- > 0) {
      for (std::size_t t = 0; t < strides.size(); ++t) places[t].offset += strides[t][axis];
      if (++position[axis] < to[axis]) break;
      for (std::size_t t = 0; t < strides.size(); ++t) places[t].offset -= strides[t][axis] * to[axis];
      position[axis] = 0;
    }
    if (axis == static_cast<std::size_t>(-1)) return;
  }
}

// The same for tensors of shapes `from`, broadcast to `to`.
template <typename Body>
void for_each_run(const Shape& to, const std::vector<Shape>& from, const Body& body) {
  std::vector<std::vector<std::int64_t>> strides;
  for (const Shape& shape : from) strides.push_back(broadcast_strides(shape, to));
  for_each_strided_run(to, strides, body);
}

}  // namespace halftone
