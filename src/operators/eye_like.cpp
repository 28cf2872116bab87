// EyeLike: a matrix of the input's shape with 1 on diagonal k; dtype: the element type, by default the input's. ONNX since 9.
#include "operators/element_type.h"
#include "operators/operator.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 1, 1);
  if (call.input(0).shape.size() != 2) throw Error("its input {} is no matrix", to_string(call.input(0).shape));
  const std::int64_t type = call.attributes().integer("dtype", 0);
  return std::vector<TensorSpec>{{type == 0 ? call.input(0).type : element_type(type), call.input(0).shape}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const std::int64_t diagonal = call.attributes().integer("k", 0), columns = call.input(0).shape[1];
  Tensor ones(DataType::int8, outputs[0].shape());
  std::span<std::int8_t> y = ones.mutable_values<std::int8_t>();
  for (std::int64_t i = 0; i < ones.size(); ++i) y[static_cast<std::size_t>(i)] = i % columns - i / columns == diagonal ? 1 : 0;
  const Tensor result = convert(ones, outputs[0].type());
  std::memcpy(outputs[0].mutable_data(), result.data(), result.bytes());
}

std::vector<DataType> types(const Node& node, const std::vector<DataType>& inputs) {
  const std::int64_t type = node.attributes.integer("dtype", 0);
  return {type == 0 ? inputs[0] : element_type(type)};
}

}  // namespace

extern const Operator kEyeLike{.type = "EyeLike", .since = 9, .shapes = shapes, .grid = GridRule::none, .reference = reference, .reads_shapes_only = true, .floats = Floats::any, .types = types};

}  // namespace halftone
