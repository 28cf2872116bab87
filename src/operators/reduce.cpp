#include "operators/reduce.h"

namespace halftone {

std::optional<std::vector<bool>> reduced_axes(const Call& call) {
  std::vector<std::int64_t> axes = call.attributes().integers("axes");
  if (call.has(1)) {
    const auto given = call.integers(1);
    if (!given) return std::nullopt;
    axes = *given;
  }
  const std::size_t rank = call.input(0).shape.size();
  if (axes.empty()) return std::vector<bool>(rank, call.attributes().integer("noop_with_empty_axes", 0) == 0);
  std::vector<bool> reduced(rank, false);
  for (std::int64_t axis : axes) reduced[static_cast<std::size_t>(normalized_axis(axis, static_cast<std::int64_t>(rank)))] = true;
  return reduced;
}

std::optional<std::vector<TensorSpec>> reduced_shapes(const Call& call, int axes_as_input) {
  require_inputs(call, 1, call.node.version < axes_as_input ? 1 : 2);
  const auto reduced = reduced_axes(call);
  if (!reduced) return std::nullopt;
  const Shape& x = call.input(0).shape;
  const bool keep = call.attributes().integer("keepdims", 1) != 0;
  Shape y;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!(*reduced)[i]) y.push_back(x[i]);
    else if (keep) y.push_back(1);
  }
  return std::vector<TensorSpec>{{call.input(0).type, y}};
}

std::vector<std::int64_t> reduced_strides(const Shape& x, const std::vector<bool>& reduced) {
  std::vector<std::int64_t> strides(x.size(), 0);
  std::int64_t stride = 1;
  for (std::size_t i = x.size(); i-- > 0;) {
    if (reduced[i]) continue;
    strides[i] = stride;
    stride *= x[i];
  }
  return strides;
}

}  // namespace halftone
