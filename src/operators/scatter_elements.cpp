// ScatterElements: a copy of the data with Y[indices[i, j], j] = updates[i, j] (along axis 0), or added, multiplied, the greatest or
// the least of both (reduction). ONNX since 11.
#include "operators/indices.h"

namespace halftone {
namespace {

std::size_t axis_of(const Call& call) {
  return static_cast<std::size_t>(normalized_axis(call.attributes().integer("axis", 0), static_cast<std::int64_t>(call.input(0).shape.size())));
}

}  // namespace

std::optional<std::vector<TensorSpec>> scatter_elements_shapes(const Call& call) {
  require_inputs(call, 3, 3);
  require_indices(call, 1);
  require_within(call.input(1).shape, call.input(0).shape, axis_of(call));
  if (call.input(2).shape != call.input(1).shape || call.input(2).type != call.input(0).type) throw Error("its updates {} do not belong to indices {}", to_string(call.input(2).shape), to_string(call.input(1).shape));
  scatter_rule(call);
  return same_as_first_input(call);
}

void scatter_elements(const Call& call, std::span<Tensor> outputs) {
  const std::size_t axis = axis_of(call);
  const Shape &x = call.input(0).shape, &u = call.input(1).shape;
  std::memcpy(outputs[0].mutable_data(), call.tensor(0).data(), call.tensor(0).bytes());
  const std::vector<std::int64_t> strides = row_major_strides(x), indices = indices_of(call.tensor(1), x[axis]);
  std::vector<std::int64_t> position(u.size(), 0);
  for (std::size_t next = 0; next < indices.size(); ++next) {
    std::int64_t place = 0;
    for (std::size_t i = 0; i < u.size(); ++i) place += (i == axis ? indices[next] : position[i]) * strides[i];
    scatter(scatter_rule(call), call.tensor(2), static_cast<std::int64_t>(next), outputs[0], place, 1);
    for (std::size_t i = u.size(); i-- > 0;) {
      if (++position[i] < u[i]) break;
      position[i] = 0;
    }
  }
}

extern const Operator kScatterElements{.type = "ScatterElements", .since = 11, .shapes = scatter_elements_shapes, .grid = GridRule::none, .reference = scatter_elements};

}  // namespace halftone
