// What reductions share.
#pragma once

#include <optional>
#include <vector>

#include "operators/operator.h"

namespace halftone {

// For each axis of the first input: is it reduced? Axes: an attribute, or an optional second input; all by default, none with
// noop_with_empty_axes. nullopt: the axes are not known yet.
std::optional<std::vector<bool>> reduced_axes(const Call& call);

// One input of numbers; axes as an input from opset `axes_as_input` on; reduced axes stay with size 1 unless keepdims is 0.
std::optional<std::vector<TensorSpec>> reduced_shapes(const Call& call, int axes_as_input);

// Row-major strides of the result for each axis of the input, 0 along reduced ones; and its number of elements.
std::vector<std::int64_t> reduced_strides(const Shape& x, const std::vector<bool>& reduced);

// Folds all elements of each result: start(), then step(sum, x), in float64 or, for integers, int64; result = finish(sum, count).
template <typename T, typename Start, typename Step, typename Finish>
void fold_elements(const Call& call, Tensor& result, const Start& start, const Step& step, const Finish& finish) {
  using Sum = std::conditional_t<std::is_integral_v<T>, std::int64_t, double>;
  const std::vector<bool> reduced = *reduced_axes(call);
  const Shape& x = call.input(0).shape;
  const std::vector<std::int64_t> strides = reduced_strides(x, reduced);
  std::span<const T> in = call.tensor(0).values<T>();
  std::span<T> out = result.mutable_values<T>();
  std::vector<Sum> sums(out.size(), start(Sum{}));
  std::vector<std::int64_t> position(x.size(), 0);
  std::int64_t at = 0;
  for (const T& value : in) {
    Sum& sum = sums[static_cast<std::size_t>(at)];
    sum = step(sum, static_cast<Sum>(value));
    for (std::size_t axis = x.size(); axis-- > 0;) {
      at += strides[axis];
      if (++position[axis] < x[axis]) break;
      at -= strides[axis] * x[axis];
      position[axis] = 0;
    }
  }
  const std::int64_t each = out.empty() ? 1 : static_cast<std::int64_t>(in.size() / out.size());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<T>(finish(sums[i], each));
}

}  // namespace halftone
