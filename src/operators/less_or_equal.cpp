// LessOrEqual: Y = A <= B, broadcast. ONNX since 12.
#include "operators/elementwise.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) { return comparison_shapes(call, Elements::numbers); }

void reference(const Call& call, std::span<Tensor> outputs) {
  dispatch_numeric(call.input(0).type, [&](auto zero) {
    using T = decltype(zero);
    map_pairs<T, bool>(call.tensor(0), call.tensor(1), outputs[0], [](T a, T b) { return a <= b; });
  });
}

}  // namespace

extern const Operator kLessOrEqual{.type = "LessOrEqual", .since = 12, .shapes = shapes, .grid = GridRule::none, .reference = reference, .types = boolean_results};

}  // namespace halftone
