#include "formats/onnx/tensor_proto.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "base/error.h"

namespace halftone {
namespace {

static_assert(std::endian::native == std::endian::little, "raw_data is little-endian");

using Proto = onnx::TensorProto;

constexpr std::pair<Proto::DataType, DataType> kTypes[] = {
    {Proto::FLOAT, DataType::float32},   {Proto::DOUBLE, DataType::float64},   {Proto::FLOAT16, DataType::float16},
    {Proto::BFLOAT16, DataType::bfloat16}, {Proto::INT8, DataType::int8},      {Proto::UINT8, DataType::uint8},
    {Proto::INT16, DataType::int16},     {Proto::UINT16, DataType::uint16},    {Proto::INT32, DataType::int32},
    {Proto::UINT32, DataType::uint32},   {Proto::INT64, DataType::int64},      {Proto::UINT64, DataType::uint64},
    {Proto::BOOL, DataType::boolean},    {Proto::INT4, DataType::int4},        {Proto::UINT4, DataType::uint4},
};

bool is_packed(DataType type) { return type == DataType::int4 || type == DataType::uint4; }

Shape shape_of(const Proto& proto, const std::string& what) {
  Shape shape;
  for (std::int64_t size : proto.dims()) {
    if (size < 0) throw Error("{}: its dimension {} is negative", what, size);
    shape.push_back(size);
  }
  try {
    element_count(shape);
  } catch (const Error& error) {
    throw Error("{}: {}", what, error.what());
  }
  return shape;
}

std::int64_t file_bytes(DataType type, std::int64_t count) {
  return is_packed(type) ? (count + 1) / 2 : count * static_cast<std::int64_t>(size_of(type));
}

std::byte unpacked(DataType type, std::uint8_t nibble) {
  const bool negative = type == DataType::int4 && (nibble & 8u) != 0;
  return static_cast<std::byte>(negative ? nibble | 0xf0u : nibble);
}

Tensor from_bytes(std::span<const std::byte> raw, DataType type, Shape shape) {
  Tensor tensor = Tensor::uninitialized(type, std::move(shape));
  std::byte* out = tensor.mutable_data();
  if (!is_packed(type)) {
    if (!raw.empty()) std::memcpy(out, raw.data(), raw.size());
    if (type == DataType::boolean) std::for_each(out, out + raw.size(), [](std::byte& b) { b = std::byte{b != std::byte{0}}; });
    return tensor;
  }
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    const auto pair = static_cast<std::uint8_t>(raw[static_cast<std::size_t>(i / 2)]);
    out[i] = unpacked(type, i % 2 == 0 ? pair & 0xfu : pair >> 4);
  }
  return tensor;
}

Tensor from_raw(const std::string& raw, DataType type, Shape shape, const std::string& what) {
  const std::int64_t expected = file_bytes(type, element_count(shape));
  if (std::ssize(raw) != expected) {
    throw Error("{}: {} of shape {} takes {} bytes, but the file holds {}; it is damaged or was written wrongly", what, name_of(type), to_string(shape),
                expected, raw.size());
  }
  return from_bytes(std::as_bytes(std::span(raw)), type, std::move(shape));
}

template <typename T, typename Field>
Tensor from_field(const Field& field, DataType type, Shape shape, const std::string& what) {
  const std::int64_t count = element_count(shape);
  if (field.size() != count) {
    throw Error("{}: shape {} takes {} values, but the file holds {}; it is damaged or was written wrongly", what, to_string(shape), count, field.size());
  }
  Tensor tensor(type, std::move(shape));
  T* out = reinterpret_cast<T*>(tensor.mutable_data());
  for (std::int64_t i = 0; i < count; ++i) out[i] = static_cast<T>(field[static_cast<int>(i)]);
  return tensor;
}

// int4 and uint4 in int32_data: two values an entry, first low.
Tensor from_packed_field(const Proto& proto, DataType type, Shape shape, const std::string& what) {
  const std::int64_t count = element_count(shape);
  if (proto.int32_data_size() != (count + 1) / 2) {
    throw Error("{}: shape {} takes {} values of 4 bits, {} bytes, but the file holds {}; it is damaged or was written wrongly", what, to_string(shape), count,
                (count + 1) / 2, proto.int32_data_size());
  }
  Tensor tensor(type, std::move(shape));
  std::byte* out = tensor.mutable_data();
  for (std::int64_t i = 0; i < count; ++i) {
    const auto pair = static_cast<std::uint8_t>(proto.int32_data(static_cast<int>(i / 2)));
    out[i] = unpacked(type, i % 2 == 0 ? pair & 0xfu : pair >> 4);
  }
  return tensor;
}

Tensor from_typed(const Proto& proto, DataType type, Shape shape, const std::string& what) {
  switch (type) {
    case DataType::float32: return from_field<float>(proto.float_data(), type, std::move(shape), what);
    case DataType::float64: return from_field<double>(proto.double_data(), type, std::move(shape), what);
    case DataType::int64: return from_field<std::int64_t>(proto.int64_data(), type, std::move(shape), what);
    case DataType::uint32: return from_field<std::uint32_t>(proto.uint64_data(), type, std::move(shape), what);
    case DataType::uint64: return from_field<std::uint64_t>(proto.uint64_data(), type, std::move(shape), what);
    case DataType::int32: return from_field<std::int32_t>(proto.int32_data(), type, std::move(shape), what);
    case DataType::int16: return from_field<std::int16_t>(proto.int32_data(), type, std::move(shape), what);
    case DataType::uint16: case DataType::float16: case DataType::bfloat16:
      return from_field<std::uint16_t>(proto.int32_data(), type, std::move(shape), what);
    case DataType::int8: return from_field<std::int8_t>(proto.int32_data(), type, std::move(shape), what);
    case DataType::uint8: return from_field<std::uint8_t>(proto.int32_data(), type, std::move(shape), what);
    case DataType::boolean: return from_field<bool>(proto.int32_data(), type, std::move(shape), what);
    case DataType::int4: case DataType::uint4: return from_packed_field(proto, type, std::move(shape), what);
  }
  HALFTONE_CHECK(false);
}

}  // namespace

DataType data_type_from_proto(std::int32_t type, const std::string& what) {
  for (const auto& [code, known] : kTypes) {
    if (code == type) return known;
  }
  const bool named = Proto::DataType_IsValid(type) && type != Proto::UNDEFINED;
  const std::string name = named ? Proto::DataType_Name(static_cast<Proto::DataType>(type)) : fmt::format("number {}", type);
  throw Error("{}: its element type ({}) is not supported; floats, integers and booleans are", what, name);
}

std::int32_t data_type_to_proto(DataType type) {
  for (const auto& [code, known] : kTypes) {
    if (known == type) return code;
  }
  HALFTONE_CHECK(false);
}

Tensor tensor_from_proto(const Proto& proto, ExternalData& external, const std::string& what) {
  const DataType type = data_type_from_proto(proto.data_type(), what);
  Shape shape = shape_of(proto, what);
  if (proto.data_location() == Proto::EXTERNAL) {
    const std::span<const std::byte> bytes = external.bytes_of(proto, file_bytes(type, element_count(shape)), what);
    return from_bytes(bytes, type, std::move(shape));
  }
  return proto.has_raw_data() ? from_raw(proto.raw_data(), type, std::move(shape), what) : from_typed(proto, type, std::move(shape), what);
}

void tensor_to_proto(const Tensor& tensor, const std::string& name, Proto& proto) {
  proto.set_name(name);
  proto.set_data_type(data_type_to_proto(tensor.type()));
  for (std::int64_t size : tensor.shape()) proto.add_dims(size);
  const auto* bytes = reinterpret_cast<const char*>(tensor.data());
  if (!is_packed(tensor.type())) {
    proto.set_raw_data(bytes, tensor.bytes());
    return;
  }
  std::string packed(static_cast<std::size_t>((tensor.size() + 1) / 2), '\0');
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    const auto nibble = static_cast<std::uint8_t>(static_cast<std::uint8_t>(bytes[i]) & 0xfu);
    char& pair = packed[static_cast<std::size_t>(i / 2)];
    pair = static_cast<char>(static_cast<std::uint8_t>(pair) | (i % 2 == 0 ? nibble : nibble << 4));
  }
  proto.set_raw_data(std::move(packed));
}

}  // namespace halftone
