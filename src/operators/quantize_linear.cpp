// QuantizeLinear: y = saturate(round_half_even(x / scale) + zero_point), with a scale for all elements, along an axis
// (opset 13), or a block (opset 21). The type is the zero point's, or output_dtype, or uint8. ONNX since 10.
#include "operators/quantize_linear.h"

#include <algorithm>
#include <cmath>

#include "operators/element_type.h"

namespace halftone {

ScaleIndex scale_index(const Call& call) {
  const Shape &x = call.input(0).shape, &s = call.input(1).shape;
  const auto rank = static_cast<std::int64_t>(x.size());
  const std::int64_t block = call.attributes().integer("block_size", 0);
  if (element_count(s) == 1 && block == 0) return {x, Encoding::kPerTensor, 0};
  const std::int64_t axis = normalized_axis(call.attributes().integer("axis", 1), rank);
  const std::int64_t channels = x[static_cast<std::size_t>(axis)];
  if (block == 0 && s != Shape{channels}) throw Error("its scale is {}, but axis {} of {} has {} channels", to_string(s), axis, to_string(x), channels);
  if (block < 0 || (block > 0 && s.size() != x.size())) throw Error("blocks of {} do not fit a scale of shape {}", block, to_string(s));
  const Encoding grid{.axis = static_cast<int>(axis), .block_size = block};
  if (s != scale_shape(x, grid)) throw Error("its scale {} does not fit {} in blocks of {} along axis {}", to_string(s), to_string(x), block, axis);
  return {x, grid};
}

void require_scales(const Call& call, bool positive) {
  if (call.input(1).value == nullptr) return;
  const std::vector<float> scales = to_floats(*call.input(1).value);
  for (std::size_t i = 0; i < scales.size(); ++i) {
    if (std::isfinite(scales[i]) && (scales[i] > 0 || !positive)) continue;
    throw Error("its scale {} at position {} is not {}finite", scales[i], i, positive ? "positive and " : "");
  }
}

bool is_code_type(DataType type) {
  switch (type) {
    case DataType::int4: case DataType::uint4: case DataType::int8: case DataType::uint8: case DataType::int16: case DataType::uint16: return true;
    default: return false;
  }
}

void code_bounds(DataType type, std::int32_t& low, std::int32_t& high) {
  const int bits = type == DataType::int4 || type == DataType::uint4 ? 4 : static_cast<int>(size_of(type)) * 8;
  const bool is_signed = type == DataType::int4 || type == DataType::int8 || type == DataType::int16;
  low = is_signed ? -(1 << (bits - 1)) : 0;
  high = is_signed ? (1 << (bits - 1)) - 1 : (1 << bits) - 1;
}

namespace {

DataType stated_type(const Call& call) {
  const std::int64_t number = call.attributes().integer("output_dtype", 0);
  return number == 0 ? DataType::uint8 : element_type(number);
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 2, 3);
  require_float(call, 0);
  require_float(call, 1);
  const DataType type = call.has(2) ? call.input(2).type : stated_type(call);
  if (!is_code_type(type)) throw Error("codes of type {} are not supported", name_of(type));
  if (call.has(2) && element_count(call.input(2).shape) != element_count(call.input(1).shape)) {
    throw Error("it has {} scales, but {} zero points", element_count(call.input(1).shape), element_count(call.input(2).shape));
  }
  scale_index(call);
  require_scales(call, true);
  return std::vector<TensorSpec>{{type, call.input(0).shape}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  std::int32_t low = 0, high = 0;
  code_bounds(outputs[0].type(), low, high);
  const std::vector<std::int64_t> zero = call.has(2) ? to_int64s(call.tensor(2)) : std::vector<std::int64_t>();
  std::span<const float> x = call.tensor(0).values<float>(), scale = call.tensor(1).values<float>();
  Tensor codes(DataType::int32, call.input(0).shape);
  std::span<std::int32_t> y = codes.mutable_values<std::int32_t>();
  scale_index(call).for_each([&](std::size_t i, std::size_t s) {
    const double code = std::nearbyint(static_cast<double>(x[i] / scale[s])) + static_cast<double>(zero.empty() ? 0 : zero[s]);
    y[i] = std::isnan(code) ? 0 : static_cast<std::int32_t>(std::clamp<double>(code, low, high));
  });
  const Tensor narrowed = convert(codes, outputs[0].type());
  std::memcpy(outputs[0].mutable_data(), narrowed.data(), narrowed.bytes());
}

std::vector<DataType> types(const Node& node, const std::vector<DataType>& inputs) {
  const std::int64_t stated = node.attributes.integer("output_dtype", 0);
  if (inputs.size() > 2 && node.input(2) != ValueId::none) return {inputs[2]};
  return {stated == 0 ? DataType::uint8 : element_type(stated)};
}

}  // namespace

extern const Operator kQuantizeLinear{.type = "QuantizeLinear", .since = 10, .shapes = shapes, .grid = GridRule::none, .reference = reference, .types = types};

}  // namespace halftone
