// TopK: the k greatest (or least) elements along an axis, sorted, the first of equals first, and their places. k: an attribute before
// opset 10, an input since. ONNX since 1.
#include <algorithm>
#include <numeric>

#include "graph/encoding.h"
#include "operators/elementwise.h"

namespace halftone {
namespace {

std::int64_t axis_of(const Call& call) { return normalized_axis(call.attributes().integer("axis", -1), static_cast<std::int64_t>(call.input(0).shape.size())); }

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 1, 2);
  require_elements(call, 0, Elements::numbers);
  std::int64_t count = call.attributes().integer("k", -1);
  if (call.node.version >= 10) {
    const auto given = call.integers(1);
    if (!given) return std::nullopt;
    if (given->size() != 1) throw Error("its k has {} numbers, not one", given->size());
    count = given->front();
  }
  Shape y = call.input(0).shape;
  std::int64_t& size = y[static_cast<std::size_t>(axis_of(call))];
  if (count < 0 || count > size) throw Error("its k is {}; the axis has {} elements", count, size);
  size = count;
  return std::vector<TensorSpec>{{call.input(0).type, y}, {DataType::int64, y}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const ChannelWalk in = channel_walk(call.input(0).shape, static_cast<int>(axis_of(call))), out = channel_walk(outputs[0].shape(), static_cast<int>(axis_of(call)));
  const bool largest = call.attributes().integer("largest", 1) != 0;
  std::span<std::int64_t> places = outputs[1].mutable_values<std::int64_t>();
  dispatch_numeric(call.input(0).type, [&](auto zero) {
    using T = decltype(zero);
    const T* x = call.tensor(0).values<T>().data();
    std::span<T> best = outputs[0].mutable_values<T>();
    std::vector<std::int64_t> order(static_cast<std::size_t>(in.channels));
    for (std::int64_t o = 0; o < in.outer; ++o) {
      for (std::int64_t i = 0; i < in.inner; ++i) {
        const auto value = [&](std::int64_t c) { return x[(o * in.channels + c) * in.inner + i]; };
        std::iota(order.begin(), order.end(), std::int64_t{0});
        std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) { return largest ? value(a) > value(b) : value(a) < value(b); });
        for (std::int64_t k = 0; k < out.channels; ++k) {
          const auto at = static_cast<std::size_t>((o * out.channels + k) * out.inner + i);
          best[at] = value(order[static_cast<std::size_t>(k)]);
          places[at] = order[static_cast<std::size_t>(k)];
        }
      }
    }
  });
}

std::vector<DataType> types(const Node&, const std::vector<DataType>& inputs) { return {inputs[0], DataType::int64}; }

}  // namespace

extern const Operator kTopK{.type = "TopK", .since = 1, .shapes = shapes, .grid = GridRule::none, .reference = reference, .types = types};

}  // namespace halftone
