// Concat: joins its inputs along an axis. ONNX since 4.
#include "operators/movement.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 1, 100000);
  const auto axis = static_cast<std::size_t>(concat_axis(call));
  TensorSpec spec{call.input(0).type, call.input(0).shape};
  for (std::size_t i = 1; i < call.inputs.size(); ++i) {
    Shape other = call.input(i).shape;
    if (other.size() != spec.shape.size()) throw Error("input {} {} has another rank than {}", i, to_string(other), to_string(spec.shape));
    const std::int64_t added = other[axis];
    other[axis] = spec.shape[axis];
    if (other != spec.shape || call.input(i).type != spec.type) {
      throw Error("input {} {} does not join {} along axis {}", i, to_string(call.input(i).shape), to_string(spec.shape), axis);
    }
    spec.shape[axis] += added;
  }
  return std::vector<TensorSpec>{spec};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const int axis = static_cast<int>(concat_axis(call));
  const std::size_t width = size_of(outputs[0].type());
  const ChannelWalk out = channel_walk(outputs[0].shape(), axis);
  std::byte* to = outputs[0].mutable_data();
  std::int64_t before = 0;
  for (std::size_t i = 0; i < call.inputs.size(); ++i) {
    const ChannelWalk in = channel_walk(call.input(i).shape, axis);
    const std::size_t row = static_cast<std::size_t>(in.channels * in.inner) * width;
    for (std::int64_t o = 0; o < in.outer && row > 0; ++o) {
      std::memcpy(to + static_cast<std::size_t>((o * out.channels + before) * out.inner) * width,
                  call.tensor(i).data() + static_cast<std::size_t>(o) * row, row);
    }
    before += in.channels;
  }
}

}  // namespace

std::int64_t concat_axis(const Call& call) {
  if (!call.attributes().has("axis")) throw Error("its axis is missing");
  return normalized_axis(call.attributes().integer("axis", 0), static_cast<std::int64_t>(call.input(0).shape.size()));
}

extern const Operator kConcat{.type = "Concat", .since = 4, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference, .floats = Floats::any};

}  // namespace halftone
