// DequantizeLinear: y = (x - zero_point) scale, with a scale for all elements, along an axis (opset 13), or a block
// (opset 21). A missing zero point is 0 of the codes' own type. ONNX since 10.
#include "operators/quantize_linear.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 2, 3);
  require_float(call, 1);
  const DataType type = call.input(0).type;
  if (!is_code_type(type) && type != DataType::int32) throw Error("codes of type {} are not supported", name_of(type));
  if (call.has(2) && call.input(2).type != type) throw Error("its codes are {}, its zero point is {}", name_of(type), name_of(call.input(2).type));
  if (call.has(2) && element_count(call.input(2).shape) != element_count(call.input(1).shape)) {
    throw Error("it has {} scales, but {} zero points", element_count(call.input(1).shape), element_count(call.input(2).shape));
  }
  scale_index(call);
  require_scales(call, false);  // dead channels may have 0: their numbers are 0
  return std::vector<TensorSpec>{{DataType::float32, call.input(0).shape}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const Tensor wide = convert(call.tensor(0), DataType::int64);
  std::span<const std::int64_t> codes = wide.values<std::int64_t>();
  const std::vector<std::int64_t> zero = call.has(2) ? to_int64s(call.tensor(2)) : std::vector<std::int64_t>();
  std::span<const float> scale = call.tensor(1).values<float>();
  std::span<float> y = outputs[0].mutable_values<float>();
  scale_index(call).for_each([&](std::size_t i, std::size_t s) { y[i] = static_cast<float>(codes[i] - (zero.empty() ? 0 : zero[s])) * scale[s]; });
}

std::vector<DataType> types(const Node&, const std::vector<DataType>& inputs) { return {inputs.size() > 1 ? inputs[1] : DataType::float32}; }

}  // namespace

extern const Operator kDequantizeLinear{.type = "DequantizeLinear", .since = 10, .shapes = shapes, .grid = GridRule::none, .reference = reference, .types = types};

}  // namespace halftone
