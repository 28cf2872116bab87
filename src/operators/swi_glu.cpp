// SwiGLU: y = a sigmoid(alpha a) b. ONNX since 28.
#include <cmath>

#include "operators/operator.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 2, 2);
  require_float(call, 0);
  require_float(call, 1);
  if (call.input(0).shape != call.input(1).shape) throw Error("its inputs {} and {} differ", to_string(call.input(0).shape), to_string(call.input(1).shape));
  return same_as_first_input(call);
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const double alpha = call.attributes().real("alpha", 1);
  std::span<const float> a = call.tensor(0).values<float>(), b = call.tensor(1).values<float>();
  std::span<float> y = outputs[0].mutable_values<float>();
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = static_cast<float>(a[i] / (1 + std::exp(-alpha * a[i])) * b[i]);
}

}  // namespace

extern const Operator kSwiGLU{.type = "SwiGLU", .since = 28, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference};

}  // namespace halftone
