// OptionalHasElement: whether the input is there. Optional values are tensors here, or absent inputs. ONNX since 15.
#include "operators/operator.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 0, 1);
  return std::vector<TensorSpec>{{DataType::boolean, {}}};
}

void reference(const Call& call, std::span<Tensor> outputs) { outputs[0].mutable_values<bool>()[0] = call.has(0); }

}  // namespace

extern const Operator kOptionalHasElement{.type = "OptionalHasElement", .since = 15, .shapes = shapes, .grid = GridRule::none, .reference = reference, .reads_shapes_only = true, .floats = Floats::any, .types = boolean_results};

}  // namespace halftone
