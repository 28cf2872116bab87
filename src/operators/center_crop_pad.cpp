// CenterCropPad: crops or pads with zeros along the axes, to the shape that input 1 gives, the same on both sides; what is odd goes
// to the end. ONNX since 18.
#include "operators/movement.h"

namespace halftone {
namespace {

// nullopt: not known yet.
std::optional<Shape> target_of(const Call& call) {
  const auto given = call.integers(1);
  if (!given) return std::nullopt;
  Shape y = call.input(0).shape;
  std::vector<std::int64_t> axes = call.attributes().integers("axes");
  if (axes.empty()) {
    for (std::size_t i = 0; i < y.size(); ++i) axes.push_back(static_cast<std::int64_t>(i));
  }
  if (axes.size() != given->size()) throw Error("its shape has {} sizes for {} axes", given->size(), axes.size());
  for (std::size_t i = 0; i < axes.size(); ++i) {
    if ((*given)[i] < 0) throw Error("a size of {} is not possible", (*given)[i]);
    y[static_cast<std::size_t>(normalized_axis(axes[i], std::ssize(y)))] = (*given)[i];
  }
  return y;
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 2, 2);
  const auto y = target_of(call);
  if (!y) return std::nullopt;
  return std::vector<TensorSpec>{{call.input(0).type, *y}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const Shape &x = call.input(0).shape, &y = outputs[0].shape();
  const std::vector<std::int64_t> strides = row_major_strides(x);
  std::memset(outputs[0].mutable_data(), 0, outputs[0].bytes());
  gather_elements(call.tensor(0), outputs[0], [&](const std::vector<std::int64_t>& position) {
    std::int64_t offset = 0;
    for (std::size_t axis = 0; axis < position.size(); ++axis) {
      const std::int64_t shift = x[axis] >= y[axis] ? (x[axis] - y[axis]) / 2 : -((y[axis] - x[axis]) / 2), index = position[axis] + shift;
      if (index < 0 || index >= x[axis]) return std::int64_t{-1};
      offset += index * strides[axis];
    }
    return offset;
  });
}

}  // namespace

extern const Operator kCenterCropPad{.type = "CenterCropPad", .since = 18, .shapes = shapes, .grid = GridRule::keeps, .reference = reference, .data_inputs = 1, .floats = Floats::any};

}  // namespace halftone
