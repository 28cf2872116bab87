// Pow: Y = X^E, broadcast; the exponent may be of another type (opset 12 on). ONNX since 7.
#include "operators/elementwise.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 2, 2);
  require_elements(call, 0, Elements::numbers);
  require_elements(call, 1, Elements::numbers);
  return broadcast_of_inputs(call);
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const Tensor exponent = convert(call.tensor(1), call.input(0).type == DataType::float32 ? DataType::float32 : DataType::float64);
  dispatch_numeric(call.input(0).type, [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_same_v<T, float>) {
      map_pairs<T, T>(call.tensor(0), exponent, outputs[0], [](float x, float e) { return e == 2 ? x * x : std::pow(x, e); });
    } else {
      const Tensor base = convert(call.tensor(0), DataType::float64);
      map_pairs<double, T>(base, exponent, outputs[0], [](double x, double e) { return std::pow(x, e); });
    }
  });
}

}  // namespace

extern const Operator kPow{.type = "Pow", .since = 7, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference};

}  // namespace halftone
