// MaxUnpool: puts each element back to the place that its index (MaxPool's second output) names, zeros elsewhere. A given
// output_shape adds zeros at the end. ONNX since 9.
#include <algorithm>

#include "operators/indices.h"
#include "operators/movement.h"

namespace halftone {
namespace {

constexpr std::int64_t kLargest = std::int64_t{1} << 31;

// The input of the MaxPool: strides (in - 1) + kernel - pads along each axis.
Shape pooled_from(const Call& call) {
  Shape y = call.input(0).shape;
  if (y.size() < 3) throw Error("its input has rank {}; at least 3 is needed", y.size());
  const std::size_t rank = y.size() - 2;
  const std::vector<std::int64_t> kernel = call.attributes().integers("kernel_shape"), strides = call.attributes().integers("strides", std::vector<std::int64_t>(rank, 1)),
                                  pads = call.attributes().integers("pads", std::vector<std::int64_t>(2 * rank, 0));
  if (kernel.size() != rank || strides.size() != rank || pads.size() != 2 * rank) throw Error("its kernel_shape, strides and pads are not of {} axes", rank);
  for (std::size_t axis = 0; axis < rank; ++axis) {
    for (std::int64_t number : {kernel[axis], strides[axis], pads[axis], pads[axis + rank], y[axis + 2]}) {
      if (number < 0 || number > kLargest) throw Error("its kernel_shape, strides or pads hold {}", number);
    }
    y[axis + 2] = (y[axis + 2] - 1) * strides[axis] + kernel[axis] - pads[axis] - pads[axis + rank];
    if (y[axis + 2] < 0) throw Error("axis {} of its output would have {} elements", axis + 2, y[axis + 2]);
  }
  return y;
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 2, 3);
  require_indices(call, 1);
  if (call.input(1).shape != call.input(0).shape) throw Error("its indices {} are not those of {}", to_string(call.input(1).shape), to_string(call.input(0).shape));
  Shape y = pooled_from(call);
  if (call.has(2)) {
    const auto given = call.integers(2);
    if (!given) return std::nullopt;
    bool fits = given->size() == y.size();
    for (std::size_t axis = 0; fits && axis < y.size(); ++axis) fits = (*given)[axis] >= y[axis];
    if (!fits) throw Error("its output_shape {} does not hold {}", to_string(*given), to_string(y));
    y = *given;
  }
  return std::vector<TensorSpec>{{call.input(0).type, y}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const std::size_t width = size_of(outputs[0].type());
  Tensor unpooled(outputs[0].type(), pooled_from(call));
  const std::vector<std::int64_t> indices = indices_of(call.tensor(1), unpooled.size()), strides = row_major_strides(unpooled.shape());
  std::byte* to = unpooled.mutable_data();
  for (std::size_t i = 0; i < indices.size(); ++i) std::memcpy(to + static_cast<std::size_t>(indices[i]) * width, call.tensor(0).data() + i * width, width);
  std::memset(outputs[0].mutable_data(), 0, outputs[0].bytes());
  gather_elements(unpooled, outputs[0], [&](const std::vector<std::int64_t>& position) {
    std::int64_t offset = 0;
    for (std::size_t axis = 0; axis < position.size(); ++axis) {
      if (position[axis] >= unpooled.shape()[axis]) return std::int64_t{-1};
      offset += position[axis] * strides[axis];
    }
    return offset;
  });
}

}  // namespace

extern const Operator kMaxUnpool{.type = "MaxUnpool", .since = 9, .shapes = shapes, .grid = GridRule::keeps, .reference = reference, .data_inputs = 1, .floats = Floats::any};

}  // namespace halftone
