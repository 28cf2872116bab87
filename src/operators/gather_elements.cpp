// GatherElements: Y[i, j, k] = X[indices[i, j, k], j, k] (along axis 0; along others alike). ONNX since 11.
#include "operators/indices.h"
#include "operators/movement.h"

namespace halftone {
namespace {

std::size_t axis_of(const Call& call) {
  return static_cast<std::size_t>(normalized_axis(call.attributes().integer("axis", 0), static_cast<std::int64_t>(call.input(0).shape.size())));
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 2, 2);
  require_indices(call, 1);
  require_within(call.input(1).shape, call.input(0).shape, axis_of(call));
  return std::vector<TensorSpec>{{call.input(0).type, call.input(1).shape}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const std::size_t axis = axis_of(call);
  const Shape& x = call.input(0).shape;
  const std::vector<std::int64_t> strides = row_major_strides(x), indices = indices_of(call.tensor(1), x[axis]);
  std::size_t next = 0;
  gather_elements(call.tensor(0), outputs[0], [&](const std::vector<std::int64_t>& position) {
    std::int64_t offset = 0;
    for (std::size_t i = 0; i < x.size(); ++i) offset += (i == axis ? indices[next] : position[i]) * strides[i];
    ++next;
    return offset;
  });
}

}  // namespace

extern const Operator kGatherElements{.type = "GatherElements", .since = 11, .shapes = shapes, .grid = GridRule::keeps, .reference = reference, .data_inputs = 1, .floats = Floats::any};

}  // namespace halftone
