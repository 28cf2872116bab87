#include "tensor/shape.h"

#include <algorithm>

#include "base/error.h"

namespace halftone {

std::int64_t element_count(const Shape& shape) {
  constexpr std::int64_t kMost = std::int64_t{1} << 48;
  std::int64_t count = 1;
  for (std::int64_t size : shape) {
    HALFTONE_CHECK(size >= 0);
    if (size == 0) return 0;
  }
  for (std::int64_t size : shape) {
    if (size > kMost / count) throw Error("a tensor of shape {} is too large", to_string(shape));
    count *= size;
  }
  return count;
}

std::string to_string(const Shape& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) text += fmt::format("{}{}", i > 0 ? ", " : "", shape[i]);
  return text + "]";
}

std::vector<std::int64_t> row_major_strides(const Shape& shape) {
  std::vector<std::int64_t> strides(shape.size(), 1);
  for (std::size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return strides;
}

std::int64_t normalized_axis(std::int64_t axis, std::int64_t rank) {
  if (axis < -rank || axis >= rank) throw Error("axis {} is out of range for rank {}; {} to {} are possible", axis, rank, -rank, rank - 1);
  return axis < 0 ? axis + rank : axis;
}

Shape broadcast_shapes(const Shape& a, const Shape& b) {
  Shape result(std::max(a.size(), b.size()));
  for (std::size_t i = 0; i < result.size(); ++i) {
    const std::int64_t x = i < a.size() ? a[a.size() - 1 - i] : 1, y = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (x != y && x != 1 && y != 1) throw Error("shapes {} and {} do not broadcast", to_string(a), to_string(b));
    result[result.size() - 1 - i] = x == 1 ? y : x;
  }
  return result;
}

}  // namespace halftone
