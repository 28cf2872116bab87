// Not: Y = !X. ONNX since 1.
#include "operators/elementwise.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) { return unary_shapes(call, Elements::booleans); }

void reference(const Call& call, std::span<Tensor> outputs) {
  std::span<const bool> x = call.tensor(0).values<bool>();
  std::span<bool> y = outputs[0].mutable_values<bool>();
  for (std::size_t i = 0; i < x.size(); ++i) y[i] = !x[i];
}

}  // namespace

extern const Operator kNot{.type = "Not", .since = 1, .shapes = shapes, .grid = GridRule::none, .reference = reference};

}  // namespace halftone
