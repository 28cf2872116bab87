#include "operators/broadcast.h"

namespace halftone {

std::int64_t broadcast_offset(const Shape& from, const Shape& to, std::int64_t index) {
  std::int64_t offset = 0, stride = 1;
  for (std::size_t i = 0; i < from.size(); ++i) {
    const std::int64_t size = from[from.size() - 1 - i], wide = to[to.size() - 1 - i];
    if (size != 1) offset += index % wide * stride;
    stride *= size;
    index /= wide;
  }
  return offset;
}

std::vector<std::int64_t> broadcast_strides(const Shape& from, const Shape& to) {
  std::vector<std::int64_t> strides(to.size(), 0);
  std::int64_t stride = 1;
  for (std::size_t i = 0; i < from.size(); ++i) {
    const std::int64_t size = from[from.size() - 1 - i];
    if (size != 1) strides[to.size() - 1 - i] = stride;
    stride *= size;
  }
  return strides;
}

}  // namespace halftone
