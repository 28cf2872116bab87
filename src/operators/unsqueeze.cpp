// Unsqueeze: inserts axes of size 1 at the named places of the output. axes: an attribute before opset 13, an input since.
// ONNX since 1.
#include "operators/movement.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, call.node.version < 13 ? 1 : 2, 2);
  const Shape& x = call.input(0).shape;
  std::vector<std::int64_t> axes = call.attributes().integers("axes");
  if (call.has(1)) {
    const auto given = call.integers(1);
    if (!given) return std::nullopt;
    axes = *given;
  }
  const std::size_t rank = x.size() + axes.size();
  std::vector<bool> added(rank, false);
  for (std::int64_t axis : axes) {
    const auto at = static_cast<std::size_t>(normalized_axis(axis, static_cast<std::int64_t>(rank)));
    if (added[at]) throw Error("axis {} is named twice", axis);
    added[at] = true;
  }
  Shape y;
  std::size_t next = 0;
  for (std::size_t i = 0; i < rank; ++i) y.push_back(added[i] ? 1 : x[next++]);
  return std::vector<TensorSpec>{{call.input(0).type, y}};
}

}  // namespace

extern const Operator kUnsqueeze{.type = "Unsqueeze", .since = 1, .shapes = shapes, .grid = GridRule::keeps, .reference = copy_elements, .floats = Floats::any};

}  // namespace halftone
