// Size: how many elements the input has, as int64. ONNX since 1.
#include "operators/operator.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 1, 1);
  return std::vector<TensorSpec>{{DataType::int64, {}}};
}

void reference(const Call& call, std::span<Tensor> outputs) { outputs[0].mutable_values<std::int64_t>()[0] = element_count(call.input(0).shape); }

}  // namespace

extern const Operator kSize{.type = "Size", .since = 1, .shapes = shapes, .grid = GridRule::none, .reference = reference, .reads_shapes_only = true, .floats = Floats::any, .types = int64_results};

}  // namespace halftone
