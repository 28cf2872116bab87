// OneHot: a new axis of `depth` elements, the one that the index names on, the others off (values: off, on). ONNX since 9.
#include "graph/encoding.h"
#include "operators/operator.h"

namespace halftone {
namespace {

std::int64_t axis_of(const Call& call) { return normalized_axis(call.attributes().integer("axis", -1), static_cast<std::int64_t>(call.input(0).shape.size()) + 1); }

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 3, 3);
  const auto depth = call.integers(1);
  if (!depth) return std::nullopt;
  if (depth->size() != 1 || depth->front() < 0) throw Error("its depth is not one number of at least 0");
  if (element_count(call.input(2).shape) != 2) throw Error("its values are not two");
  Shape y = call.input(0).shape;
  y.insert(y.begin() + axis_of(call), depth->front());
  return std::vector<TensorSpec>{{call.input(2).type, y}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const ChannelWalk walk = channel_walk(outputs[0].shape(), static_cast<int>(axis_of(call)));
  const std::vector<std::int64_t> indices = to_int64s(call.tensor(0));
  const std::size_t width = size_of(outputs[0].type());
  const std::byte* values = call.tensor(2).data();
  std::byte* to = outputs[0].mutable_data();
  for (std::int64_t o = 0; o < walk.outer; ++o) {
    for (std::int64_t c = 0; c < walk.channels; ++c) {
      for (std::int64_t i = 0; i < walk.inner; ++i, to += width) {
        const std::int64_t index = indices[static_cast<std::size_t>(o * walk.inner + i)];
        const bool on = (index < 0 ? index + walk.channels : index) == c;
        std::memcpy(to, values + (on ? width : 0), width);
      }
    }
  }
}

std::vector<DataType> types(const Node&, const std::vector<DataType>& inputs) { return {inputs.back()}; }

}  // namespace

extern const Operator kOneHot{.type = "OneHot", .since = 9, .shapes = shapes, .grid = GridRule::none, .reference = reference, .floats = Floats::any, .types = types};

}  // namespace halftone
