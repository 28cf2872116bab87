// What CumSum and CumProd share: a running fold along an axis; exclusive: without the element itself; reverse: from the end.
#pragma once

#include "graph/encoding.h"
#include "operators/elementwise.h"

namespace halftone {

inline std::optional<std::vector<TensorSpec>> running_shapes(const Call& call) {
  require_inputs(call, 2, 2);
  require_elements(call, 0, Elements::numbers);
  if (element_count(call.input(1).shape) != 1) throw Error("its axis is not one number");
  return same_as_first_input(call);
}

template <typename F>
void run_along_axis(const Call& call, Tensor& result, int start, const F& f) {
  const Shape& shape = call.input(0).shape;
  const ChannelWalk walk = channel_walk(shape, static_cast<int>(normalized_axis(call.integers(1)->at(0), static_cast<std::int64_t>(shape.size()))));
  const bool exclusive = call.attributes().integer("exclusive", 0) != 0, reverse = call.attributes().integer("reverse", 0) != 0;
  dispatch_numeric(call.input(0).type, [&](auto zero) {
    using T = decltype(zero);
    const T* x = call.tensor(0).values<T>().data();
    T* y = result.mutable_values<T>().data();
    for (std::int64_t o = 0; o < walk.outer; ++o) {
      for (std::int64_t i = 0; i < walk.inner; ++i) {
        T running = static_cast<T>(start);
        for (std::int64_t c = 0; c < walk.channels; ++c) {
          const std::int64_t at = (o * walk.channels + (reverse ? walk.channels - 1 - c : c)) * walk.inner + i;
          const T next = wrapping(running, x[at], f);
          y[at] = exclusive ? running : next;
          running = next;
        }
      }
    }
  });
}

}  // namespace halftone
