// IsNaN: Y = whether X is no number. ONNX since 9.
#include "operators/elementwise.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  auto specs = unary_shapes(call, Elements::floats);
  (*specs)[0].type = DataType::boolean;
  return specs;
}

void reference(const Call& call, std::span<Tensor> outputs) {
  std::span<bool> y = outputs[0].mutable_values<bool>();
  std::span<const float> x = call.tensor(0).values<float>();
  for (std::size_t i = 0; i < x.size(); ++i) y[i] = std::isnan(x[i]);
}

}  // namespace

extern const Operator kIsNaN{.type = "IsNaN", .since = 9, .shapes = shapes, .grid = GridRule::none, .reference = reference, .types = boolean_results};

}  // namespace halftone
