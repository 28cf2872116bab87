// What ArgMax and ArgMin share: the place of the best element along an axis, the first of equals, or with select_last_index the
// last.
#pragma once

#include "graph/encoding.h"
#include "operators/elementwise.h"

namespace halftone {

inline std::optional<std::vector<TensorSpec>> place_shapes(const Call& call) {
  require_inputs(call, 1, 1);
  require_elements(call, 0, Elements::numbers);
  Shape y = call.input(0).shape;
  const auto axis = y.begin() + normalized_axis(call.attributes().integer("axis", 0), static_cast<std::int64_t>(y.size()));
  if (call.attributes().integer("keepdims", 1) != 0) *axis = 1;
  else y.erase(axis);
  return std::vector<TensorSpec>{{DataType::int64, y}};
}

// is_better(x, best): whether x takes the place.
template <typename Better>
void find_places(const Call& call, Tensor& result, const Better& is_better) {
  const Shape& shape = call.input(0).shape;
  const ChannelWalk walk = channel_walk(shape, static_cast<int>(normalized_axis(call.attributes().integer("axis", 0), static_cast<std::int64_t>(shape.size()))));
  const bool last = call.attributes().integer("select_last_index", 0) != 0;
  std::int64_t* out = result.mutable_values<std::int64_t>().data();
  dispatch_numeric(call.input(0).type, [&](auto zero) {
    using T = decltype(zero);
    const T* x = call.tensor(0).values<T>().data();
    for (std::int64_t o = 0; o < walk.outer; ++o) {
      for (std::int64_t i = 0; i < walk.inner; ++i) {
        const T* row = x + o * walk.channels * walk.inner + i;
        std::int64_t best = 0;
        for (std::int64_t c = 1; c < walk.channels; ++c) {
          const T here = row[c * walk.inner], found = row[best * walk.inner];
          if (is_better(here, found) || (last && here == found)) best = c;
        }
        *out++ = best;
      }
    }
  });
}

}  // namespace halftone
