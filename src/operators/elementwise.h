// References of elementwise operators.
#pragma once

#include "operators/broadcast.h"
#include "operators/operator.h"

namespace halftone {

// Calls body(T{}) with the C++ type of a numeric tensor type. Throws Error for half floats and booleans.
template <typename Body>
void dispatch_numeric(DataType type, const Body& body) {
  switch (type) {
    case DataType::float32: return body(float{});
    case DataType::float64: return body(double{});
    case DataType::int8: return body(std::int8_t{});
    case DataType::uint8: return body(std::uint8_t{});
    case DataType::int16: return body(std::int16_t{});
    case DataType::uint16: return body(std::uint16_t{});
    case DataType::int32: return body(std::int32_t{});
    case DataType::uint32: return body(std::uint32_t{});
    case DataType::int64: return body(std::int64_t{});
    case DataType::uint64: return body(std::uint64_t{});
    default: throw Error("{} is not computed", name_of(type));
  }
}

}  // namespace halftone
