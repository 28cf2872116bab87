// Squeeze: drops axes of size 1, the named ones or all. axes: an attribute before opset 13, an optional input since. ONNX since 1.
#include <algorithm>

#include "operators/movement.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 1, 2);
  const Shape& x = call.input(0).shape;
  std::vector<std::int64_t> axes = call.attributes().integers("axes");
  if (call.has(1)) {
    const auto given = call.integers(1);
    if (!given) return std::nullopt;
    axes = *given;
  }
  std::vector<bool> drop(x.size(), false);
  for (std::int64_t axis : axes) {
    const auto at = static_cast<std::size_t>(normalized_axis(axis, static_cast<std::int64_t>(x.size())));
    if (x[at] != 1) throw Error("axis {} of {} has size {}; only axes of size 1 can go", axis, to_string(x), x[at]);
    drop[at] = true;
  }
  Shape y;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (axes.empty() ? x[i] != 1 : !drop[i]) y.push_back(x[i]);
  }
  return std::vector<TensorSpec>{{call.input(0).type, y}};
}

}  // namespace

extern const Operator kSqueeze{.type = "Squeeze", .since = 1, .shapes = shapes, .grid = GridRule::keeps, .reference = copy_elements, .floats = Floats::any};

}  // namespace halftone
