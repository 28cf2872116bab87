// Constant: its attribute (value, value_float(s), value_int(s)). ONNX since 1.
#include "operators/operator.h"

namespace halftone {
namespace {

Tensor contents(const Node& node) {
  const Attributes& a = node.attributes;
  if (const Tensor* value = a.tensor("value")) return *value;
  if (a.has("value_float")) return Tensor::scalar(a.real("value_float", 0));
  if (a.has("value_int")) return Tensor::scalar(a.integer("value_int", 0));
  if (a.has("value_floats")) {
    const std::vector<float> values = a.reals("value_floats");
    return Tensor::from<float>({static_cast<std::int64_t>(values.size())}, values);
  }
  if (a.has("value_ints")) {
    const std::vector<std::int64_t> values = a.integers("value_ints");
    return Tensor::from<std::int64_t>({static_cast<std::int64_t>(values.size())}, values);
  }
  throw Error("it holds no number (sparse tensors and strings are not supported)");
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  const Tensor tensor = contents(call.node);
  return std::vector<TensorSpec>{{tensor.type(), tensor.shape()}};
}

void reference(const Call& call, std::span<Tensor> outputs) { outputs[0] = contents(call.node); }

std::vector<DataType> types(const Node& node, const std::vector<DataType>&) { return {contents(node).type()}; }

}  // namespace

extern const Operator kConstant{.type = "Constant", .since = 1, .shapes = shapes, .grid = GridRule::none, .reference = reference, .floats = Floats::any, .types = types};

}  // namespace halftone
