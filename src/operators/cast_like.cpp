// CastLike: the elements of the first input in the type of the second. ONNX since 15.
#include "operators/operator.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 2, 2);
  return std::vector<TensorSpec>{{call.input(1).type, call.input(0).shape}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const Tensor changed = convert(call.tensor(0), outputs[0].type());
  std::memcpy(outputs[0].mutable_data(), changed.data(), changed.bytes());
}

std::vector<DataType> types(const Node&, const std::vector<DataType>& inputs) { return {inputs.back()}; }

}  // namespace

extern const Operator kCastLike{.type = "CastLike", .since = 15, .shapes = shapes, .grid = GridRule::none, .reference = reference, .floats = Floats::any, .types = types};

}  // namespace halftone
