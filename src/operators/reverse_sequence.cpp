// ReverseSequence: turns the first sequence_lens[b] elements of each sequence around. ONNX since 10.
#include <algorithm>

#include "operators/movement.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 2, 2);
  const Shape& x = call.input(0).shape;
  const std::int64_t batch = call.attributes().integer("batch_axis", 1), time = call.attributes().integer("time_axis", 0);
  if (x.size() < 2 || std::min(batch, time) != 0 || std::max(batch, time) != 1) throw Error("its batch_axis {} and time_axis {} must be 0 and 1", batch, time);
  if (call.input(1).shape != Shape{x[static_cast<std::size_t>(batch)]}) throw Error("it has {} lengths for {} sequences", to_string(call.input(1).shape), x[static_cast<std::size_t>(batch)]);
  return same_as_first_input(call);
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const auto batch = static_cast<std::size_t>(call.attributes().integer("batch_axis", 1)), time = static_cast<std::size_t>(call.attributes().integer("time_axis", 0));
  const std::vector<std::int64_t> lengths = *call.integers(1), strides = row_major_strides(call.input(0).shape);
  for (std::int64_t length : lengths) {
    if (length < 0 || length > call.input(0).shape[time]) throw Error("a sequence has {} elements of {}", length, call.input(0).shape[time]);
  }
  gather_elements(call.tensor(0), outputs[0], [&](const std::vector<std::int64_t>& position) {
    const std::int64_t length = lengths[static_cast<std::size_t>(position[batch])];
    std::int64_t offset = 0;
    for (std::size_t axis = 0; axis < position.size(); ++axis) {
      offset += (axis == time && position[axis] < length ? length - 1 - position[axis] : position[axis]) * strides[axis];
    }
    return offset;
  });
}

}  // namespace

extern const Operator kReverseSequence{.type = "ReverseSequence", .since = 10, .shapes = shapes, .grid = GridRule::none, .reference = reference, .data_inputs = 1, .floats = Floats::any};

}  // namespace halftone
