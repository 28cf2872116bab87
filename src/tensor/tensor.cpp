#include "tensor/tensor.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <new>
#include <type_traits>

#include "base/memory.h"
#include "base/text.h"

namespace halftone {
namespace {

constexpr std::size_t kAlignment = 64;

std::shared_ptr<std::byte> allocate(std::size_t bytes) {
  if (bytes > memory_of_machine()) {
    throw Error("a tensor of {} does not fit into this machine's {} of memory", format_bytes(bytes), format_bytes(memory_of_machine()));
  }
  const std::size_t rounded = (std::max<std::size_t>(bytes, 1) + kAlignment - 1) / kAlignment * kAlignment;
  void* memory = std::aligned_alloc(kAlignment, rounded);
  if (memory == nullptr) throw Error("out of memory: {} bytes for a tensor", bytes);
  return {static_cast<std::byte*>(memory), [](std::byte* p) { std::free(p); }};
}

}  // namespace

Tensor::Tensor(DataType type, Shape shape) : Tensor(uninitialized(type, std::move(shape))) { std::memset(data_.get(), 0, bytes()); }

Tensor Tensor::uninitialized(DataType type, Shape shape) {
  Tensor tensor;
  tensor.type_ = type;
  tensor.size_ = element_count(shape);
  tensor.shape_ = std::move(shape);
  tensor.data_ = allocate(tensor.bytes());
  return tensor;
}

Tensor Tensor::borrow(DataType type, Shape shape, void* data) {
  Tensor tensor;
  tensor.type_ = type;
  tensor.shape_ = std::move(shape);
  tensor.size_ = element_count(tensor.shape_);
  tensor.data_ = {static_cast<std::byte*>(data), [](std::byte*) {}};
  return tensor;
}

std::byte* Tensor::mutable_data() {
  if (data_ != nullptr && data_.use_count() > 1) {
    std::shared_ptr<std::byte> own = allocate(bytes());
    std::memcpy(own.get(), data_.get(), bytes());
    data_ = std::move(own);
  }
  return data_.get();
}

Tensor Tensor::reshaped(Shape shape) const {
  Tensor result = *this;
  result.shape_ = std::move(shape);
  HALFTONE_CHECK(element_count(result.shape_) == size_);
  return result;
}

bool is_finite(const Tensor& tensor) {
  if (tensor.type() != DataType::float32) return true;
  const auto values = tensor.values<float>();
  return std::all_of(values.begin(), values.end(), [](float x) { return std::isfinite(x); });
}

float half_to_float(std::uint16_t bits) {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000u) << 16;
  const std::uint32_t exponent = (bits >> 10) & 0x1fu, mantissa = bits & 0x3ffu;
  if (exponent == 0) {
    const float magnitude = std::ldexp(static_cast<float>(mantissa), -24);
    return sign != 0 ? -magnitude : magnitude;
  }
  const std::uint32_t biased = exponent == 31 ? 0xffu : exponent + 112;
  return std::bit_cast<float>(sign | (biased << 23) | (mantissa << 13));
}

std::uint16_t float_to_half(float value) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000u);
  const float magnitude = std::fabs(value);
  if (std::isnan(value)) return static_cast<std::uint16_t>(sign | 0x7e00u);
  if (magnitude >= 65520.0f) return static_cast<std::uint16_t>(sign | 0x7c00u);
  if (magnitude < 6.103515625e-05f) {  // subnormal: multiples of 2^-24, half to even
    return static_cast<std::uint16_t>(sign | static_cast<std::uint16_t>(std::nearbyint(std::ldexp(magnitude, 24))));
  }
  const std::uint32_t positive = bits & 0x7fffffffu;
  const std::uint32_t rounded = positive + 0xfffu + ((positive >> 13) & 1u);
  return static_cast<std::uint16_t>(sign | ((rounded >> 13) - (112u << 10)));
}

float bfloat16_to_float(std::uint16_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }

std::uint16_t float_to_bfloat16(float value) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  if (std::isnan(value)) return static_cast<std::uint16_t>((bits >> 16) | 0x40u);
  return static_cast<std::uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

namespace {

template <typename To, typename From>
To convert_one(From value) {
  if constexpr (std::is_same_v<To, bool>) {
    return value != From(0);
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    using Limits = std::numeric_limits<To>;
    if (std::isnan(value)) return To(0);
    if (static_cast<double>(value) <= static_cast<double>(Limits::min())) return Limits::min();
    if (static_cast<double>(value) >= static_cast<double>(Limits::max())) return Limits::max();
    return static_cast<To>(value);
  } else {
    return static_cast<To>(value);
  }
}

template <typename From>
void convert_from(const Tensor& in, Tensor& out) {
  const auto* source = reinterpret_cast<const From*>(in.data());
  const auto fill = [&]<typename To>(To) {
    auto* target = reinterpret_cast<To*>(out.mutable_data());
    for (std::int64_t i = 0; i < in.size(); ++i) target[i] = convert_one<To>(source[i]);
  };
  switch (out.type()) {
    case DataType::float32: return fill(float{});
    case DataType::float64: return fill(double{});
    case DataType::int8: case DataType::int4: case DataType::uint4: return fill(std::int8_t{});
    case DataType::uint8: return fill(std::uint8_t{});
    case DataType::int16: return fill(std::int16_t{});
    case DataType::uint16: return fill(std::uint16_t{});
    case DataType::int32: return fill(std::int32_t{});
    case DataType::uint32: return fill(std::uint32_t{});
    case DataType::int64: return fill(std::int64_t{});
    case DataType::uint64: return fill(std::uint64_t{});
    case DataType::boolean: return fill(bool{});
    case DataType::float16: case DataType::bfloat16: break;  // convert() goes through float32
  }
  HALFTONE_CHECK(false);
}

void wrap_to_4_bits(Tensor& codes) {
  auto* bytes = reinterpret_cast<std::uint8_t*>(codes.mutable_data());
  for (std::int64_t i = 0; i < codes.size(); ++i) {
    const unsigned low = bytes[i] & 15u;
    bytes[i] = static_cast<std::uint8_t>(codes.type() == DataType::int4 && low > 7 ? low + 240 : low);
  }
}

Tensor widen_half(const Tensor& tensor) {
  Tensor result(DataType::float32, tensor.shape());
  const auto* bits = reinterpret_cast<const std::uint16_t*>(tensor.data());
  std::span<float> out = result.mutable_values<float>();
  const auto widen = tensor.type() == DataType::float16 ? half_to_float : bfloat16_to_float;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = widen(bits[i]);
  return result;
}

Tensor narrow_to_half(const Tensor& tensor, DataType type) {
  Tensor result(type, tensor.shape());
  auto* bits = reinterpret_cast<std::uint16_t*>(result.mutable_data());
  std::span<const float> in = tensor.values<float>();
  const auto narrow = type == DataType::float16 ? float_to_half : float_to_bfloat16;
  for (std::size_t i = 0; i < in.size(); ++i) bits[i] = narrow(in[i]);
  return result;
}

bool is_half(DataType type) { return type == DataType::float16 || type == DataType::bfloat16; }

}  // namespace

Tensor convert(const Tensor& tensor, DataType type) {
  if (tensor.type() == type) return tensor;
  if (is_half(tensor.type())) return convert(widen_half(tensor), type);
  if (is_half(type)) return narrow_to_half(convert(tensor, DataType::float32), type);
  Tensor result(type, tensor.shape());
  switch (tensor.type()) {
    case DataType::float32: convert_from<float>(tensor, result); break;
    case DataType::float64: convert_from<double>(tensor, result); break;
    case DataType::int8: case DataType::int4: convert_from<std::int8_t>(tensor, result); break;
    case DataType::uint8: case DataType::uint4: convert_from<std::uint8_t>(tensor, result); break;
    case DataType::int16: convert_from<std::int16_t>(tensor, result); break;
    case DataType::uint16: convert_from<std::uint16_t>(tensor, result); break;
    case DataType::int32: convert_from<std::int32_t>(tensor, result); break;
    case DataType::uint32: convert_from<std::uint32_t>(tensor, result); break;
    case DataType::int64: convert_from<std::int64_t>(tensor, result); break;
    case DataType::uint64: convert_from<std::uint64_t>(tensor, result); break;
    case DataType::boolean: convert_from<bool>(tensor, result); break;
    case DataType::float16: case DataType::bfloat16: break;
  }
  if (type == DataType::int4 || type == DataType::uint4) wrap_to_4_bits(result);
  return result;
}

std::vector<std::int64_t> to_int64s(const Tensor& tensor) {
  const Tensor wide = convert(tensor, DataType::int64);
  std::span<const std::int64_t> values = wide.values<std::int64_t>();
  return {values.begin(), values.end()};
}

std::vector<float> to_floats(const Tensor& tensor) {
  const Tensor wide = convert(tensor, DataType::float32);
  std::span<const float> values = wide.values<float>();
  return {values.begin(), values.end()};
}

}  // namespace halftone
