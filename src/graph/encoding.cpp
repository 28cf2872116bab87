#include "graph/encoding.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace halftone {

std::string code_type_name(int bits, bool is_signed) { return fmt::format("{}int{}", is_signed ? "" : "u", bits); }

std::string describe(const Encoding& encoding) {
  std::string text = code_type_name(encoding.bits, encoding.is_signed);
  if (!encoding.channel_bits.empty()) {
    text += fmt::format(" ({:.2f} bits on average)", std::accumulate(encoding.channel_bits.begin(), encoding.channel_bits.end(), 0.0) /
                                                         static_cast<double>(encoding.channel_bits.size()));
  }
  if (encoding.symmetric) text += " symmetric";
  if (encoding.per_block()) text += fmt::format(" in blocks of {} (axis {})", encoding.block_size, encoding.axis);
  else text += encoding.per_channel() ? fmt::format(" per channel (axis {})", encoding.axis) : " per tensor";
  return text;
}

namespace {

int least_storage(int bits) { return bits <= 4 ? 4 : bits <= 8 ? 8 : 16; }

int stored_bits(const Encoding& encoding) { return encoding.stored_bits != 0 ? encoding.stored_bits : least_storage(encoding.bits); }

}  // namespace

DataType storage_type(const Encoding& encoding) {
  switch (stored_bits(encoding)) {
    case 4: return encoding.is_signed ? DataType::int4 : DataType::uint4;
    case 8: return encoding.is_signed ? DataType::int8 : DataType::uint8;
    default: return encoding.is_signed ? DataType::int16 : DataType::uint16;
  }
}

void store_in(Encoding& encoding, int bits) { encoding.stored_bits = bits == least_storage(encoding.bits) ? 0 : bits; }

bool is_narrower_than_stored(const Encoding& encoding) {
  return encoding.narrow || !encoding.channel_bits.empty() || encoding.bits != stored_bits(encoding);
}

std::int32_t symmetric_zero_point(const Encoding& encoding, std::size_t channel) {
  return encoding.is_signed ? 0 : 1 << (encoding.bits_of(channel) - 1);
}

void set_range(Encoding& encoding, std::size_t channel, Range range) {
  if (!std::isfinite(range.min) || !std::isfinite(range.max)) {
    throw Error("a range of [{}, {}] has no grid; are there NaN or infinite values?", range.min, range.max);
  }
  HALFTONE_CHECK(channel < encoding.scale.size() && encoding.zero_point.size() == encoding.scale.size());
  constexpr double kSmallestScale = 0x1.0p-120;  // far from denormals: products of two scales stay normal floats
  const double low = std::min(0.0, static_cast<double>(range.min)), high = std::max(0.0, static_cast<double>(range.max));
  const std::int32_t code_min = encoding.code_min(channel), code_max = encoding.code_max(channel);
  if (encoding.symmetric) {
    const std::int32_t middle = symmetric_zero_point(encoding, channel);
    const double top = std::max(-low, high);
    encoding.scale[channel] = static_cast<float>(std::max(top / (code_max - middle), kSmallestScale));
    encoding.zero_point[channel] = middle;
    return;
  }
  const double steps = static_cast<double>(code_max) - code_min;
  const double scale = std::max((high - low) / steps, kSmallestScale);
  encoding.scale[channel] = static_cast<float>(scale);
  encoding.zero_point[channel] =
      std::clamp(static_cast<std::int32_t>(std::nearbyint(code_min - low / scale)), code_min, code_max);
}

ChannelWalk channel_walk(const Shape& shape, int axis) {
  ChannelWalk walk;
  if (axis == Encoding::kPerTensor) {
    walk.inner = element_count(shape);
    return walk;
  }
  HALFTONE_CHECK(axis >= 0 && axis < static_cast<int>(shape.size()));
  for (int i = 0; i < axis; ++i) walk.outer *= shape[i];
  walk.channels = shape[axis];
  for (std::size_t i = axis + 1; i < shape.size(); ++i) walk.inner *= shape[i];
  return walk;
}

ScaleIndex::ScaleIndex(const Shape& shape, int axis, std::int64_t block_size) : walk_(channel_walk(shape, axis)), block_(block_size) {
  if (block_ > 0) blocks_ = blocks_in(walk_.channels, block_);
}

Shape scale_shape(const Shape& shape, const Encoding& encoding) {
  if (encoding.per_tensor()) return {};
  const auto axis = static_cast<std::size_t>(encoding.axis);
  if (!encoding.per_block()) return {shape[axis]};
  Shape scales = shape;
  scales[axis] = blocks_in(shape[axis], encoding.block_size);
  return scales;
}

std::vector<std::int32_t> quantize(const Tensor& real, const Encoding& encoding) {
  std::span<const float> in = real.values<float>();
  std::vector<std::int32_t> codes(in.size());
  ScaleIndex(real.shape(), encoding).for_each([&](std::size_t i, std::size_t c) {
    const float code = std::nearbyint(in[i] / encoding.scale[c]) + static_cast<float>(encoding.zero_point[c]);
    codes[i] = static_cast<std::int32_t>(std::clamp(code, static_cast<float>(encoding.code_min(c)), static_cast<float>(encoding.code_max(c))));
  });
  return codes;
}

Tensor dequantize(const std::vector<std::int32_t>& codes, const Encoding& encoding, const Shape& shape) {
  Tensor real = Tensor::uninitialized(DataType::float32, shape);
  std::span<float> out = real.mutable_values<float>();
  ScaleIndex(shape, encoding).for_each([&](std::size_t i, std::size_t c) {
    out[i] = encoding.scale[c] * static_cast<float>(codes[i] - encoding.zero_point[c]);
  });
  return real;
}

}  // namespace halftone
