// TensorScatter: a copy of a cache [batch, ...] with an update written along `axis`, from write_indices[batch] (0 where absent) on; with mode
// circular it goes on at the beginning. ONNX since 24.
#include "graph/encoding.h"
#include "operators/operator.h"

namespace halftone {
namespace {

std::int64_t axis_of(const Call& call) {
  const std::int64_t axis = normalized_axis(call.attributes().integer("axis", -2), std::ssize(call.input(0).shape));
  if (axis == 0) throw Error("its axis is that of the batch");
  return axis;
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 2, 3);
  const Shape& cache = call.input(0).shape;
  const auto axis = static_cast<std::size_t>(axis_of(call));
  Shape update = call.input(1).shape;
  const bool fits = update.size() == cache.size() && update[axis] <= cache[axis];
  if (fits) update[axis] = cache[axis];
  if (!fits || update != cache || call.input(1).type != call.input(0).type) throw Error("its update {} does not fit a cache {}", to_string(call.input(1).shape), to_string(cache));
  if (call.has(2) && call.input(2).shape != Shape{cache[0]}) throw Error("its write_indices {} are not one for each of {}", to_string(call.input(2).shape), cache[0]);
  const std::string mode = call.attributes().text("mode", "linear");
  if (mode != "linear" && mode != "circular") throw Error("its mode is '{}'; there are linear and circular", mode);
  return same_as_first_input(call);
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const int axis = static_cast<int>(axis_of(call));
  const ChannelWalk cache = channel_walk(call.input(0).shape, axis), update = channel_walk(call.input(1).shape, axis);
  const std::int64_t batch = call.input(0).shape[0];
  const bool is_circular = call.attributes().text("mode", "linear") == "circular";
  const std::vector<std::int64_t> starts = call.has(2) ? to_int64s(call.tensor(2)) : std::vector<std::int64_t>(static_cast<std::size_t>(batch), 0);
  const std::size_t run = static_cast<std::size_t>(cache.inner) * size_of(outputs[0].type());
  std::memcpy(outputs[0].mutable_data(), call.tensor(0).data(), call.tensor(0).bytes());
  std::byte* to = outputs[0].mutable_data();
  const std::byte* from = call.tensor(1).data();
  for (std::int64_t o = 0; o < update.outer; ++o) {
    const std::int64_t start = starts[static_cast<std::size_t>(o / (update.outer / batch))];
    if (start < 0 || start > cache.channels || (!is_circular && start + update.channels > cache.channels)) throw Error("an update of {} at {} lies beyond a cache of {}", update.channels, start, cache.channels);
    for (std::int64_t i = 0; i < update.channels; ++i, from += run) {
      const std::int64_t place = (start + i) % cache.channels;
      std::memcpy(to + static_cast<std::size_t>(o * cache.channels + place) * run, from, run);
    }
  }
}

}  // namespace

extern const Operator kTensorScatter{.type = "TensorScatter", .since = 24, .shapes = shapes, .grid = GridRule::none, .reference = reference, .floats = Floats::any};

}  // namespace halftone
