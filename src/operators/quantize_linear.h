// What QuantizeLinear and DequantizeLinear share: which scale belongs to an element.
#pragma once

#include "operators/operator.h"

namespace halftone {

ScaleIndex scale_index(const Call& call);  // into scale and zero point; throws Error when the scale does not fit the data

void require_scales(const Call& call, bool positive);  // throws Error for known ones that are not finite, or not positive

bool is_code_type(DataType type);  // 4, 8 and 16 bit integers
void code_bounds(DataType type, std::int32_t& low, std::int32_t& high);

}  // namespace halftone
