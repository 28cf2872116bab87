// Pad: adds (negative: removes) elements around each axis. constant: a value (0); edge: the nearest element; reflect:
// mirrored without repeating the edge; wrap: from the other end. Attributes before opset 11, inputs since; axes 18. Since 2.
#include <algorithm>

#include "operators/movement.h"

namespace halftone {
namespace {

constexpr std::int64_t kMostPadding = std::int64_t{1} << 31;

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  const auto spec = pad_spec(call);
  if (!spec) return std::nullopt;
  Shape y = call.input(0).shape;
  for (std::size_t axis = 0; axis < y.size(); ++axis) {
    const std::int64_t size = y[axis] + spec->before[axis] + spec->after[axis];
    if (size < 0) throw Error("axis {} has {} elements; {} cannot be removed", axis, y[axis], -(spec->before[axis] + spec->after[axis]));
    if (size > 0 && y[axis] == 0 && spec->mode != "constant") throw Error("axis {} is empty; mode {} has nothing to copy", axis, spec->mode);
    y[axis] = size;
  }
  return std::vector<TensorSpec>{{call.input(0).type, y}};
}

// Index along an axis of `size` elements for index `at`, which may lie outside; -1: the constant.
std::int64_t source_index(std::int64_t at, std::int64_t size, const std::string& mode) {
  if (at >= 0 && at < size) return at;
  if (mode == "constant") return -1;
  if (mode == "edge") return std::clamp<std::int64_t>(at, 0, size - 1);
  if (mode == "wrap") return (at % size + size) % size;
  if (size == 1) return 0;
  const std::int64_t period = 2 * (size - 1), place = (at % period + period) % period;
  return place < size ? place : period - place;
}

void fill(const Call& call, Tensor& out) {
  const std::size_t width = size_of(out.type());
  std::vector<std::byte> value(width, std::byte{0});
  if (call.node.version < 11) {
    const Tensor constant = convert(Tensor::scalar(call.attributes().real("value", 0)), out.type());
    std::memcpy(value.data(), constant.data(), width);
  } else if (call.has(2) && call.tensor(2).size() == 1) {
    std::memcpy(value.data(), call.tensor(2).data(), width);
  }
  std::byte* to = out.mutable_data();
  for (std::int64_t i = 0; i < out.size(); ++i) std::memcpy(to + static_cast<std::size_t>(i) * width, value.data(), width);
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const PadSpec spec = *pad_spec(call);
  const Shape& x = call.input(0).shape;
  const std::vector<std::int64_t> strides = row_major_strides(x);
  fill(call, outputs[0]);
  gather_elements(call.tensor(0), outputs[0], [&](const std::vector<std::int64_t>& position) {
    std::int64_t offset = 0;
    for (std::size_t axis = 0; axis < position.size(); ++axis) {
      const std::int64_t index = source_index(position[axis] - spec.before[axis], x[axis], spec.mode);
      if (index < 0) return std::int64_t{-1};
      offset += index * strides[axis];
    }
    return offset;
  });
}

}  // namespace

std::optional<PadSpec> pad_spec(const Call& call) {
  const auto rank = call.input(0).shape.size();
  PadSpec spec{std::vector<std::int64_t>(rank, 0), std::vector<std::int64_t>(rank, 0), call.attributes().text("mode", "constant")};
  if (spec.mode != "constant" && spec.mode != "reflect" && spec.mode != "edge" && spec.mode != "wrap") throw Error("mode '{}' is unknown", spec.mode);
  std::vector<std::int64_t> pads = call.attributes().integers("pads"), axes;
  if (call.node.version >= 11) {
    require_inputs(call, 2, 4);
    if (call.has(2) && call.input(2).type != call.input(0).type) throw Error("its constant is {}, the data are {}", name_of(call.input(2).type), name_of(call.input(0).type));
    const auto given = call.integers(1);
    if (!given) return std::nullopt;
    pads = *given;
    if (call.has(3)) {
      const auto given_axes = call.integers(3);
      if (!given_axes) return std::nullopt;
      axes = *given_axes;
    }
  }
  if (!call.has(3)) {
    for (std::size_t i = 0; i < rank; ++i) axes.push_back(static_cast<std::int64_t>(i));
  }
  if (pads.size() != 2 * axes.size()) throw Error("it has {} pads; {} are needed, two for each of {} axes", pads.size(), 2 * axes.size(), axes.size());
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const auto axis = static_cast<std::size_t>(normalized_axis(axes[i], static_cast<std::int64_t>(rank)));
    for (std::int64_t pad : {pads[i], pads[axes.size() + i]}) {
      if (pad < -kMostPadding || pad > kMostPadding) throw Error("a pad of {} is too large", pad);
    }
    spec.before[axis] = pads[i];
    spec.after[axis] = pads[axes.size() + i];
  }
  return spec;
}

extern const Operator kPad{.type = "Pad", .since = 2, .shapes = shapes, .grid = GridRule::keeps, .reference = reference, .floats = Floats::any};

}  // namespace halftone
