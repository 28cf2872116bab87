// Gelu: Y = X (1 + erf(X / sqrt 2)) / 2, or with approximate = "tanh" X (1 + tanh(sqrt(2 / pi) (X + 0.044715 X^3))) / 2. ONNX
// since 20.
#include <numbers>

#include "operators/elementwise.h"

namespace halftone {
namespace {

bool by_tanh(const Call& call) {
  const std::string approximate = call.attributes().text("approximate", "none");
  if (approximate != "none" && approximate != "tanh") throw Error("its approximate is '{}'; there are none and tanh", approximate);
  return approximate == "tanh";
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  by_tanh(call);
  return unary_shapes(call, Elements::floats);
}

void reference(const Call& call, std::span<Tensor> outputs) {
  if (by_tanh(call)) {
    const double slope = std::sqrt(2 / std::numbers::pi);
    map_floats(call, outputs, [&](double x) { return 0.5 * x * (1 + std::tanh(slope * (x + 0.044715 * x * x * x))); });
  } else {
    map_floats(call, outputs, [](double x) { return 0.5 * x * (1 + std::erf(x / std::numbers::sqrt2)); });
  }
}

}  // namespace

extern const Operator kGelu{.type = "Gelu", .since = 20, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference};

}  // namespace halftone
