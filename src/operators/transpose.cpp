// Transpose: y axis i is x axis perm[i]; by default all axes are reversed. ONNX since 1.
#include "operators/movement.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 1, 1);
  const Shape& x = call.input(0).shape;
  Shape y;
  for (std::int64_t axis : permutation_of(call.node, static_cast<std::int64_t>(x.size()))) y.push_back(x[static_cast<std::size_t>(axis)]);
  return std::vector<TensorSpec>{{call.input(0).type, y}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const Shape& x = call.input(0).shape;
  const std::vector<std::int64_t> strides = row_major_strides(x), perm = permutation_of(call.node, static_cast<std::int64_t>(x.size()));
  gather_elements(call.tensor(0), outputs[0], [&](const std::vector<std::int64_t>& position) {
    std::int64_t offset = 0;
    for (std::size_t i = 0; i < position.size(); ++i) offset += position[i] * strides[static_cast<std::size_t>(perm[i])];
    return offset;
  });
}

}  // namespace

std::vector<std::int64_t> permutation_of(const Node& node, std::int64_t rank) {
  std::vector<std::int64_t> perm = node.attributes.integers("perm");
  if (perm.empty()) {
    for (std::int64_t i = rank; i-- > 0;) perm.push_back(i);
  }
  std::vector<bool> seen(static_cast<std::size_t>(rank), false);
  for (std::int64_t axis : perm) {
    if (axis < 0 || axis >= rank || seen[static_cast<std::size_t>(axis)]) throw Error("perm {} is no permutation of {} axes", to_string(perm), rank);
    seen[static_cast<std::size_t>(axis)] = true;
  }
  if (static_cast<std::int64_t>(perm.size()) != rank) throw Error("perm {} is no permutation of {} axes", to_string(perm), rank);
  return perm;
}

extern const Operator kTranspose{.type = "Transpose", .since = 1, .shapes = shapes, .grid = GridRule::keeps, .reference = reference, .floats = Floats::any};

}  // namespace halftone
