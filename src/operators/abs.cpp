// Abs: Y = |X|. ONNX since 1.
#include "operators/elementwise.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) { return unary_shapes(call, Elements::numbers); }

void reference(const Call& call, std::span<Tensor> outputs) {
  map_numbers(call, outputs, [](auto x) { return std::is_unsigned_v<decltype(x)> || x > 0 ? x : decltype(x)(0) - x; });
}

}  // namespace

extern const Operator kAbs{.type = "Abs", .since = 1, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference};

}  // namespace halftone
