// Tile: the input, repeated along each axis. ONNX since 6.
#include <algorithm>

#include "operators/movement.h"

namespace halftone {
namespace {

constexpr std::int64_t kMostRepeats = std::int64_t{1} << 31;

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 2, 2);
  const auto repeats = call.integers(1);
  if (!repeats) return std::nullopt;
  Shape y = call.input(0).shape;
  if (repeats->size() != y.size()) throw Error("{} repeats for {} axes", repeats->size(), y.size());
  for (std::size_t i = 0; i < y.size(); ++i) {
    const std::int64_t count = (*repeats)[i];
    if (count < 0 || count > kMostRepeats) throw Error("{} repeats are not possible; 0 to {} are", count, kMostRepeats);
    y[i] = element_count({y[i], count});
  }
  return std::vector<TensorSpec>{{call.input(0).type, y}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const Shape& x = call.input(0).shape;
  const std::vector<std::int64_t> strides = row_major_strides(x);
  gather_elements(call.tensor(0), outputs[0], [&](const std::vector<std::int64_t>& position) {
    std::int64_t offset = 0;
    for (std::size_t axis = 0; axis < x.size(); ++axis) offset += position[axis] % x[axis] * strides[axis];
    return offset;
  });
}

}  // namespace

extern const Operator kTile{.type = "Tile", .since = 6, .shapes = shapes, .grid = GridRule::keeps, .reference = reference, .data_inputs = 1, .floats = Floats::any};

}  // namespace halftone
