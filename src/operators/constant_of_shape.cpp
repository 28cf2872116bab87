// ConstantOfShape: a tensor of the shape that the input tells, filled with the attribute value (float32 0 by default). ONNX since 9.
#include "operators/operator.h"

namespace halftone {
namespace {

Tensor filling(const Call& call) {
  const Tensor* value = call.attributes().tensor("value");
  if (value == nullptr) return Tensor::scalar(0.0f);
  if (value->size() != 1) throw Error("its value has {} elements, not one", value->size());
  return *value;
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 1, 1);
  const auto sizes = call.integers(0);
  if (!sizes) return std::nullopt;
  for (std::int64_t size : *sizes) {
    if (size < 0) throw Error("a size of {} is not possible", size);
  }
  return std::vector<TensorSpec>{{filling(call).type(), *sizes}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const Tensor value = filling(call);
  const std::size_t width = size_of(value.type());
  std::byte* to = outputs[0].mutable_data();
  for (std::int64_t i = 0; i < outputs[0].size(); ++i) std::memcpy(to + static_cast<std::size_t>(i) * width, value.data(), width);
}

std::vector<DataType> types(const Node& node, const std::vector<DataType>&) {
  const Tensor* value = node.attributes.tensor("value");
  return {value == nullptr ? DataType::float32 : value->type()};
}

}  // namespace

extern const Operator kConstantOfShape{.type = "ConstantOfShape", .since = 9, .shapes = shapes, .grid = GridRule::none, .reference = reference, .floats = Floats::any, .types = types};

}  // namespace halftone
