// MaxPool: maximum over the window's taps inside the picture. Optional second output: the flat index of the maximum in the
// whole input (storage_order 1: with the spatial axes counted column-major). ONNX since 1; Indices 8, dilations 10, 8-bit 12.
#include <limits>

#include "operators/elementwise.h"
#include "operators/pooling.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 1, 1);
  dispatch_numeric(call.input(0).type, [](auto) {});
  const Shape y = pooled_shape(call, pool_window(call));
  return std::vector<TensorSpec>{{call.input(0).type, y}, {DataType::int64, y}};
}

std::int64_t column_major(const Window& w, std::int64_t place) {
  std::vector<std::int64_t> at(w.rank());
  for (std::size_t axis = w.rank(); axis-- > 0;) {
    at[axis] = place % w.in[axis];
    place /= w.in[axis];
  }
  std::int64_t index = 0;
  for (std::size_t axis = w.rank(); axis-- > 0;) index = index * w.in[axis] + at[axis];
  return index;
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const Window w = pool_window(call);
  const Shape& x = call.input(0).shape;
  const bool columns_first = call.attributes().integer("storage_order", 0) != 0;
  const std::int64_t picture = element_count(w.in), positions = element_count(w.out);
  dispatch_numeric(call.input(0).type, [&](auto zero) {
    using T = decltype(zero);
    std::span<const T> in = call.tensor(0).values<T>();
    std::span<T> out = outputs[0].mutable_values<T>();
    std::span<std::int64_t> indices = outputs[1].mutable_values<std::int64_t>();
    for (std::int64_t plane = 0; plane < x[0] * x[1]; ++plane) {
      for_each_position(w.out, [&](const std::vector<std::int64_t>& position, std::int64_t p) {
        std::int64_t best = -1;
        for_each_tap(w, position, [&](std::int64_t, std::int64_t place) {
          if (best < 0 || in[plane * picture + place] > in[plane * picture + best]) best = place;
        });
        out[plane * positions + p] = best < 0 ? std::numeric_limits<T>::lowest() : in[plane * picture + best];
        indices[plane * positions + p] = plane * picture + (columns_first && best >= 0 ? column_major(w, best) : best);
      });
    }
  });
}

std::vector<DataType> types(const Node&, const std::vector<DataType>& inputs) { return {inputs[0], DataType::int64}; }

}  // namespace

extern const Operator kMaxPool{.type = "MaxPool", .since = 1, .shapes = shapes, .grid = GridRule::keeps, .reference = reference, .types = types};

}  // namespace halftone
