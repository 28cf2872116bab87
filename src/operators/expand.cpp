// Expand: the input broadcast together with a shape. ONNX since 8.
#include "operators/broadcast.h"
#include "operators/movement.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 2, 2);
  const auto sizes = call.integers(1);
  if (!sizes) return std::nullopt;
  for (std::int64_t size : *sizes) {
    if (size < 0) throw Error("a size of {} is not possible", size);
  }
  return std::vector<TensorSpec>{{call.input(0).type, broadcast_shapes(call.input(0).shape, *sizes)}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const std::size_t width = size_of(outputs[0].type());
  const std::byte* from = call.tensor(0).data();
  std::byte* to = outputs[0].mutable_data();
  for_each_run(outputs[0].shape(), {call.input(0).shape}, [&](std::int64_t count, const std::vector<BroadcastPlace>& at) {
    for (std::int64_t i = 0; i < count; ++i, to += width) std::memcpy(to, from + static_cast<std::size_t>(at[0].offset + i * at[0].step) * width, width);
  });
}

}  // namespace

extern const Operator kExpand{.type = "Expand", .since = 8, .shapes = shapes, .grid = GridRule::keeps, .reference = reference, .data_inputs = 1, .floats = Floats::any};

}  // namespace halftone
