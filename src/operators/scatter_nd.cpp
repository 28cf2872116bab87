// ScatterND: a copy of the data with Y[indices[i..]] = updates[i..], or added, multiplied, the greatest or the least of both (reduction).
// ONNX since 11.
#include "operators/indices.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 3, 3);
  require_indices(call, 1);
  const Shape &x = call.input(0).shape, &i = call.input(1).shape;
  if (i.empty() || i.back() > static_cast<std::int64_t>(x.size())) throw Error("its indices {} name too many axes of {}", to_string(i), to_string(x));
  Shape updates = {i.begin(), i.end() - 1};
  updates.insert(updates.end(), x.begin() + i.back(), x.end());
  if (call.input(2).shape != updates || call.input(2).type != call.input(0).type) throw Error("its updates are {}; they must be {}", to_string(call.input(2).shape), to_string(updates));
  scatter_rule(call);
  return same_as_first_input(call);
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const Shape &x = call.input(0).shape, &i = call.input(1).shape;
  std::memcpy(outputs[0].mutable_data(), call.tensor(0).data(), call.tensor(0).bytes());
  const std::vector<std::int64_t> indices = to_int64s(call.tensor(1));
  const auto depth = static_cast<std::size_t>(i.back());
  const std::int64_t run = element_count({x.begin() + i.back(), x.end()}), places = element_count({i.begin(), i.end() - 1});
  for (std::int64_t p = 0; p < places; ++p) {
    std::int64_t place = 0;
    for (std::size_t axis = 0; axis < depth; ++axis) place = place * x[axis] + checked_index(indices[static_cast<std::size_t>(p) * depth + axis], x[axis]);
    scatter(scatter_rule(call), call.tensor(2), p * run, outputs[0], place * run, run);
  }
}

}  // namespace

extern const Operator kScatterND{.type = "ScatterND", .since = 11, .shapes = shapes, .grid = GridRule::none, .reference = reference};

}  // namespace halftone
