// ReduceMean: mean over the named axes (all by default), kept as size 1 unless keepdims is 0. axes: an attribute before
// opset 18, an optional input since; noop_with_empty_axes: no axes, no reduction. ONNX since 1.
#include "operators/reduce.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 1, call.node.version < 18 ? 1 : 2);
  require_float(call, 0);
  const auto reduced = reduced_axes(call);
  if (!reduced) return std::nullopt;
  const Shape& x = call.input(0).shape;
  const bool keep = call.attributes().integer("keepdims", 1) != 0;
  Shape y;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!(*reduced)[i]) y.push_back(x[i]);
    else if (keep) y.push_back(1);
  }
  return std::vector<TensorSpec>{{DataType::float32, y}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const std::vector<bool> reduced = *reduced_axes(call);
  const Shape& x = call.input(0).shape;
  std::vector<std::int64_t> strides(x.size(), 0);  // in the output; 0 along reduced axes
  std::int64_t stride = 1;
  for (std::size_t i = x.size(); i-- > 0;) {
    if (reduced[i]) continue;
    strides[i] = stride;
    stride *= x[i];
  }
  std::span<const float> in = call.tensor(0).values<float>();
  std::span<float> out = outputs[0].mutable_values<float>();
  std::vector<double> sums(out.size(), 0.0);
  std::vector<std::int64_t> position(x.size(), 0);
  for (std::size_t i = 0; i < in.size(); ++i) {
    std::int64_t at = 0;
    for (std::size_t axis = 0; axis < x.size(); ++axis) at += position[axis] * strides[axis];
    sums[static_cast<std::size_t>(at)] += in[i];
    for (std::size_t axis = x.size(); axis-- > 0;) {
      if (++position[axis] < x[axis]) break;
      position[axis] = 0;
    }
  }
  const double each = out.empty() ? 1 : static_cast<double>(in.size()) / static_cast<double>(out.size());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(sums[i] / each);
}

}  // namespace

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

extern const Operator kReduceMean{.type = "ReduceMean", .since = 1, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference};

}  // namespace halftone
