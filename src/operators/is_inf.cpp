// IsInf: Y = whether X is infinite, of the signs that detect_positive and detect_negative ask for. ONNX since 10.
#include "operators/elementwise.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  auto specs = unary_shapes(call, Elements::floats);
  (*specs)[0].type = DataType::boolean;
  return specs;
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const bool positive = call.attributes().integer("detect_positive", 1) != 0, negative = call.attributes().integer("detect_negative", 1) != 0;
  std::span<bool> y = outputs[0].mutable_values<bool>();
  std::span<const float> x = call.tensor(0).values<float>();
  for (std::size_t i = 0; i < x.size(); ++i) y[i] = std::isinf(x[i]) && (x[i] > 0 ? positive : negative);
}

}  // namespace

extern const Operator kIsInf{.type = "IsInf", .since = 10, .shapes = shapes, .grid = GridRule::none, .reference = reference, .types = boolean_results};

}  // namespace halftone
