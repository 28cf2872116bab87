// The grid of a Value: scale, zero_point, bits, signedness, channel axis, blocks.
//
//     x_int = clamp(round(x / scale) + zero_point, code_min, code_max),   x_hat = scale (x_int - zero_point)
//
// round is half to even. Unsigned: codes 0..2^b - 1. Signed: -2^(b-1)..2^(b-1) - 1; narrow drops the lowest one.
// Source: Nagel et al. 2021, section 2.1 (METHODS 2.1).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace halftone {

struct Encoding {
  static constexpr int kPerTensor = -1;

  int bits = 8;
  bool is_signed = false;
  bool narrow = false;      // signed only: codes -p..p
  bool symmetric = false;   // zero_point 0 (signed) is demanded by the scheme, not a coincidence
  int axis = kPerTensor;    // the per-channel axis, or kPerTensor; with blocks, the axis that they cut
  std::int64_t block_size = 0;  // above 0: so many neighbours along `axis` share a scale, of each place in the other axes (weights)
  int stored_bits = 0;      // of the element type that holds the codes in a file; 0: 4, 8 or 16, the least that holds `bits`
  std::vector<float> scale;              // one, one a channel, or one a block in the tensor's order; empty: placed, not yet known. Positive, finite
  std::vector<std::int32_t> zero_point;  // as many as scales
  std::vector<int> channel_bits;         // one a channel, each at most `bits`; empty: `bits` everywhere

  bool placed_only() const { return scale.empty(); }
  bool per_tensor() const { return axis == kPerTensor; }
  bool per_channel() const { return axis != kPerTensor && block_size == 0; }
  bool per_block() const { return block_size > 0; }
  int bits_of(std::size_t channel) const { return channel_bits.empty() ? bits : channel_bits[channel]; }
  std::int32_t code_min(std::size_t channel = 0) const { return is_signed ? -(1 << (bits_of(channel) - 1)) + (narrow ? 1 : 0) : 0; }
  std::int32_t code_max(std::size_t channel = 0) const { return (1 << (bits_of(channel) - (is_signed ? 1 : 0))) - 1; }
  float real_min(std::size_t channel = 0) const { return scale[channel] * static_cast<float>(code_min(channel) - zero_point[channel]); }
  float real_max(std::size_t channel = 0) const { return scale[channel] * static_cast<float>(code_max(channel) - zero_point[channel]); }

  bool operator==(const Encoding&) const = default;
};

// "int8", "uint4"
std::string code_type_name(int bits, bool is_signed);

// "uint8", "int8 symmetric per channel (axis 0)"
std::string describe(const Encoding& encoding);

// The element type that stores the codes in a file: int8 for 8 signed bits, and so on.
DataType storage_type(const Encoding& encoding);
// Lets the type of so many bits hold them.
void store_in(Encoding& encoding, int bits);
// Whether that type has codes that the grid has not: values must be clipped to the grid before they are stored.
bool is_narrower_than_stored(const Encoding& encoding);

// Where 0 stands on the codes of a symmetric grid: 0, or the middle of unsigned codes.
std::int32_t symmetric_zero_point(const Encoding& encoding, std::size_t channel = 0);

// Real range a value should cover, before it becomes a scale and a zero_point.
struct Range {
  float min = 0;
  float max = 0;
};

// Sets channel `channel` of the encoding to cover `range`, widened to contain 0; zero is exact. A range of no width gets
// a small positive scale, or one that represents the constant exactly: [c, c] -> scale |c| / (most codes on its side).
// Symmetric encodings cover +-max(|min|, |max|). Throws Error for NaN and infinities.
void set_range(Encoding& encoding, std::size_t channel, Range range);

// How many elements lie between two steps of `axis` and how often the axis repeats: element i has channel
// (i / inner) % channels. For kPerTensor: channels = 1.
struct ChannelWalk {
  std::int64_t outer = 1, channels = 1, inner = 1;
};
ChannelWalk channel_walk(const Shape& shape, int axis);

// Which scale each element of a tensor has: one for all, one along an axis, or one a block along it (ONNX's block_size).
class ScaleIndex {
 public:
  ScaleIndex(const Shape& shape, int axis, std::int64_t block_size);
  ScaleIndex(const Shape& shape, const Encoding& encoding) : ScaleIndex(shape, encoding.axis, encoding.block_size) {}

  std::int64_t count() const { return block_ == 0 ? walk_.channels : walk_.outer * blocks_ * walk_.inner; }

  // Calls body(element, scale) for every element, in order.
  template <typename Body>
  void for_each(const Body& body) const {
    std::size_t element = 0;
    for (std::int64_t o = 0; o < walk_.outer; ++o) {
      for (std::int64_t c = 0; c < walk_.channels; ++c) {
        const auto first = static_cast<std::size_t>(block_ == 0 ? c : (o * blocks_ + c / block_) * walk_.inner);
        const std::size_t step = block_ == 0 ? 0 : 1;
        for (std::int64_t e = 0; e < walk_.inner; ++e, ++element) body(element, first + step * static_cast<std::size_t>(e));
      }
    }
  }

 private:
  ChannelWalk walk_;
  std::int64_t block_, blocks_ = 1;
};

// Blocks that cover an axis, the last one perhaps shorter.
inline std::int64_t blocks_in(std::int64_t length, std::int64_t block_size) { return length == 0 ? 0 : (length - 1) / block_size + 1; }

// The shape of a tensor of scales: [], [channels], or the tensor's own with the axis cut into blocks.
Shape scale_shape(const Shape& shape, const Encoding& encoding);

// Nearest codes, held in int32, in the tensor's order; and back.
std::vector<std::int32_t> quantize(const Tensor& real, const Encoding& encoding);
Tensor dequantize(const std::vector<std::int32_t>& codes, const Encoding& encoding, const Shape& shape);

}  // namespace halftone
