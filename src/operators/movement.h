// Operators that move or rename elements, as plain facts per axis; the references and the engine's fast paths share them.
#pragma once

#include <optional>
#include <vector>

#include "operators/operator.h"

namespace halftone {

// Slice: along each axis of the input, `sizes` elements from `starts` in steps of `steps` (negative: backwards).
struct SliceSpec {
  std::vector<std::int64_t> starts, steps;
  Shape sizes;
};
std::optional<SliceSpec> slice_spec(const Call& call);  // nullopt: bounds not known yet

// Pad: elements added (negative: removed) before and after along each axis.
struct PadSpec {
  std::vector<std::int64_t> before, after;
  std::string mode;  // constant, reflect, edge, wrap
};
std::optional<PadSpec> pad_spec(const Call& call);

std::vector<std::int64_t> permutation_of(const Node& node, std::int64_t rank);  // Transpose: y axis i is x axis perm[i]
std::int64_t concat_axis(const Call& call);

// Copies the operator's elements one by one: out[i] = in[source(index of i)], any element type.
// source(position in the output) -> offset in the input, or -1 to leave the output as it is.
template <typename Source>
void gather_elements(const Tensor& in, Tensor& out, const Source& source) {
  const std::size_t width = size_of(in.type());
  const std::byte* from = in.data();
  std::byte* to = out.mutable_data();
  std::vector<std::int64_t> position(out.shape().size(), 0);
  for (std::int64_t i = 0; i < out.size(); ++i) {
    const std::int64_t offset = source(position);
    if (offset >= 0) std::memcpy(to + static_cast<std::size_t>(i) * width, from + static_cast<std::size_t>(offset) * width, width);
    for (std::size_t axis = position.size(); axis-- > 0;) {
      if (++position[axis] < out.shape()[axis]) break;
      position[axis] = 0;
    }
  }
}

// The same elements in the same order under another shape.
void copy_elements(const Call& call, std::span<Tensor> outputs);

}  // namespace halftone
