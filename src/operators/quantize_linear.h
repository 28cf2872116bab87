// What QuantizeLinear and DequantizeLinear share: which scale belongs to an element.
#pragma once

#include <optional>

#include "operators/operator.h"

namespace halftone {

// The scale's place for each element: one for all, one along an axis, or one a block along it.
class ScaleWalk {
 public:
  ScaleWalk(const Call& call);  // throws Error when the scale does not fit the data
  std::int64_t operator()(std::int64_t element) const { return (*index_)(element); }  // into scale and zero point

 private:
  std::optional<ScaleIndex> index_;
};

bool is_code_type(DataType type);  // 4, 8 and 16 bit integers
void code_bounds(DataType type, std::int32_t& low, std::int32_t& high);

}  // namespace halftone
