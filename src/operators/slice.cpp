// Slice: along each named axis the elements start, start + step, ... before end. Negative starts and ends count from the
// back, all are clamped to the axis. Attributes before opset 10, inputs since (steps too). ONNX since 1.
#include <algorithm>
#include <limits>

#include "operators/movement.h"

namespace halftone {
namespace {

struct Bounds {
  std::vector<std::int64_t> starts, ends, axes, steps;
};

std::optional<Bounds> read_bounds(const Call& call) {
  Bounds b;
  if (call.node.version < 10) {
    b.starts = call.attributes().integers("starts");
    b.ends = call.attributes().integers("ends");
    b.axes = call.attributes().integers("axes");
  } else {
    require_inputs(call, 3, 5);
    std::vector<std::int64_t>* const lists[] = {&b.starts, &b.ends, &b.axes, &b.steps};
    for (std::size_t i = 0; i < 4; ++i) {
      if (!call.has(i + 1)) continue;
      const auto values = call.integers(i + 1);
      if (!values) return std::nullopt;
      *lists[i] = *values;
    }
  }
  if (b.axes.empty()) {
    for (std::size_t i = 0; i < b.starts.size(); ++i) b.axes.push_back(static_cast<std::int64_t>(i));
  }
  if (b.steps.empty()) b.steps.assign(b.starts.size(), 1);
  if (b.ends.size() != b.starts.size() || b.axes.size() != b.starts.size() || b.steps.size() != b.starts.size()) {
    throw Error("{} starts, {} ends, {} axes and {} steps do not belong together", b.starts.size(), b.ends.size(), b.axes.size(), b.steps.size());
  }
  return b;
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  const auto spec = slice_spec(call);
  if (!spec) return std::nullopt;
  return std::vector<TensorSpec>{{call.input(0).type, spec->sizes}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const SliceSpec spec = *slice_spec(call);
  const std::vector<std::int64_t> strides = row_major_strides(call.input(0).shape);
  gather_elements(call.tensor(0), outputs[0], [&](const std::vector<std::int64_t>& position) {
    std::int64_t offset = 0;
    for (std::size_t axis = 0; axis < position.size(); ++axis) offset += (spec.starts[axis] + position[axis] * spec.steps[axis]) * strides[axis];
    return offset;
  });
}

}  // namespace

std::optional<SliceSpec> slice_spec(const Call& call) {
  const auto bounds = read_bounds(call);
  if (!bounds) return std::nullopt;
  const Shape& x = call.input(0).shape;
  SliceSpec spec{std::vector<std::int64_t>(x.size(), 0), std::vector<std::int64_t>(x.size(), 1), x};
  for (std::size_t i = 0; i < bounds->axes.size(); ++i) {
    const auto axis = static_cast<std::size_t>(normalized_axis(bounds->axes[i], static_cast<std::int64_t>(x.size())));
    const std::int64_t size = x[axis], step = bounds->steps[i];
    if (step == 0 || step == std::numeric_limits<std::int64_t>::min()) throw Error("a step of {} is not possible", step);
    // from_back() cannot overflow: only small magnitudes are added to the size, the rest is clamped.
    const auto from_back = [&](std::int64_t v) { return v < 0 ? (v < -size ? -1 - size : v) + size : v; };
    const std::int64_t start = from_back(bounds->starts[i]), end = from_back(bounds->ends[i]);
    std::int64_t first, count;
    if (step > 0) {
      first = std::clamp<std::int64_t>(start, 0, size);
      const std::int64_t span = std::clamp<std::int64_t>(end, 0, size) - first;
      count = span > 0 ? (span - 1) / step + 1 : 0;
    } else {
      first = std::clamp<std::int64_t>(start, -1, size - 1);
      const std::int64_t span = first - std::clamp<std::int64_t>(end, -1, size - 1);
      count = span > 0 ? (span - 1) / -step + 1 : 0;
    }
    spec.starts[axis] = count > 0 ? first : 0;
    spec.steps[axis] = count > 1 ? step : 1;
    spec.sizes[axis] = count;
  }
  return spec;
}

extern const Operator kSlice{.type = "Slice", .since = 1, .shapes = shapes, .grid = GridRule::keeps, .reference = reference, .floats = Floats::any};

}  // namespace halftone
