// Element types. The names are numpy's; the 4-bit ones are packed two to a byte in files and one to a byte in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace halftone {

enum class DataType : std::uint8_t {
  float32, float64, float16, bfloat16, int8, uint8, int16, uint16, int32, uint32, int64, uint64, boolean, int4, uint4,
};

std::size_t size_of(DataType type);      // bytes of one element in memory (int4, uint4: 1)
std::string_view name_of(DataType type);  // "float32"
bool is_float(DataType type);
bool is_integer(DataType type);           // boolean is not

template <typename T> struct data_type_of;
template <> struct data_type_of<float> { static constexpr DataType value = DataType::float32; };
template <> struct data_type_of<double> { static constexpr DataType value = DataType::float64; };
template <> struct data_type_of<std::int8_t> { static constexpr DataType value = DataType::int8; };
template <> struct data_type_of<std::uint8_t> { static constexpr DataType value = DataType::uint8; };
template <> struct data_type_of<std::int16_t> { static constexpr DataType value = DataType::int16; };
template <> struct data_type_of<std::uint16_t> { static constexpr DataType value = DataType::uint16; };
template <> struct data_type_of<std::int32_t> { static constexpr DataType value = DataType::int32; };
template <> struct data_type_of<std::uint32_t> { static constexpr DataType value = DataType::uint32; };
template <> struct data_type_of<std::int64_t> { static constexpr DataType value = DataType::int64; };
template <> struct data_type_of<std::uint64_t> { static constexpr DataType value = DataType::uint64; };
template <> struct data_type_of<bool> { static constexpr DataType value = DataType::boolean; };

}  // namespace halftone
