// A concrete shape: non-negative sizes, outermost first. The empty shape is a scalar.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace halftone {

using Shape = std::vector<std::int64_t>;

std::int64_t element_count(const Shape& shape);             // product; 1 for a scalar. Throws Error when it exceeds 2^48
std::string to_string(const Shape& shape);                  // "[1, 3, 224, 224]"
std::vector<std::int64_t> row_major_strides(const Shape& shape);  // in elements
std::int64_t normalized_axis(std::int64_t axis, std::int64_t rank);  // -rank..rank-1 -> 0..rank-1, or Error

// The shape of a and b broadcast together (numpy's rule). Throws Error.
Shape broadcast_shapes(const Shape& a, const Shape& b);

}  // namespace halftone
