// Broadcasting, numpy's way.
#pragma once

#include <cstdint>

#include "tensor/shape.h"

namespace halftone {

// Where element `index` (row-major in `to`) of a tensor of shape `from`, broadcast to `to`, lies in it.
std::int64_t broadcast_offset(const Shape& from, const Shape& to, std::int64_t index);

}  // namespace halftone
