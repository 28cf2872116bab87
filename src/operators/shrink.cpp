// Shrink: Y = X + bias where X < -lambd, X - bias where X > lambd, else 0. ONNX since 9.
#include "operators/elementwise.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) { return unary_shapes(call, Elements::numbers); }

void reference(const Call& call, std::span<Tensor> outputs) {
  const float lambd = call.attributes().real("lambd", 0.5f);
  const float bias = call.attributes().real("bias", 0.0f);
  map_numbers(call, outputs, [=](auto x) { return x < -lambd ? x + bias : x > lambd ? x - bias : 0; });
}

}  // namespace

extern const Operator kShrink{.type = "Shrink", .since = 9, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference};

}  // namespace halftone
