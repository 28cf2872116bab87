#include "operators/element_type.h"

#include <utility>

#include "base/error.h"

namespace halftone {

DataType element_type(std::int64_t number) {
  // Source: onnx.proto, TensorProto.DataType.
  constexpr std::pair<std::int64_t, DataType> kTypes[] = {
      {1, DataType::float32}, {2, DataType::uint8},   {3, DataType::int8},     {4, DataType::uint16},  {5, DataType::int16},
      {6, DataType::int32},   {7, DataType::int64},   {9, DataType::boolean},  {10, DataType::float16}, {11, DataType::float64},
      {12, DataType::uint32}, {13, DataType::uint64}, {16, DataType::bfloat16}, {21, DataType::uint4},   {22, DataType::int4}};
  for (const auto& [known, type] : kTypes) {
    if (known == number) return type;
  }
  throw Error("element type {} is not supported", number);
}

}  // namespace halftone
