// Cast: the elements in another type (attribute to): floats to integers towards 0, to boolean whether x is not 0, to 4 bits modulo
// 16. ONNX since 6.
#include "operators/element_type.h"
#include "operators/operator.h"

namespace halftone {
namespace {

DataType type_to(const Node& node) {
  if (!node.attributes.has("to")) throw Error("its attribute 'to' is missing, the type to cast to");
  return element_type(node.attributes.integer("to", 0));
}

DataType wanted(const Call& call) { return type_to(call.node); }

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 1, 1);
  return std::vector<TensorSpec>{{wanted(call), call.input(0).shape}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const Tensor changed = convert(call.tensor(0), wanted(call));
  std::memcpy(outputs[0].mutable_data(), changed.data(), changed.bytes());
}

std::vector<DataType> types(const Node& node, const std::vector<DataType>&) { return {type_to(node)}; }

}  // namespace

extern const Operator kCast{.type = "Cast", .since = 6, .shapes = shapes, .grid = GridRule::none, .reference = reference, .floats = Floats::any, .types = types};

}  // namespace halftone
