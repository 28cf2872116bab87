// Split: cuts the input along an axis into pieces of given sizes, or as many equal ones as there are outputs. Sizes: an attribute
// before opset 13, an input since; num_outputs since 18. ONNX since 2.
#include <algorithm>

#include "operators/movement.h"

namespace halftone {
namespace {

std::int64_t axis_of(const Call& call) { return normalized_axis(call.attributes().integer("axis", 0), static_cast<std::int64_t>(call.input(0).shape.size())); }

std::optional<std::vector<std::int64_t>> sizes_of(const Call& call) {
  const std::int64_t whole = call.input(0).shape[static_cast<std::size_t>(axis_of(call))];
  std::vector<std::int64_t> sizes = call.attributes().integers("split");
  if (call.has(1)) {
    const auto given = call.integers(1);
    if (!given) return std::nullopt;
    sizes = *given;
  }
  if (call.node.outputs.empty()) throw Error("it has no outputs");
  if (sizes.empty()) {
    const auto pieces = static_cast<std::int64_t>(call.node.outputs.size());
    const std::int64_t each = (whole + pieces - 1) / pieces;
    for (std::int64_t left = whole; std::ssize(sizes) < pieces; left -= each) sizes.push_back(std::clamp<std::int64_t>(left, 0, each));
  }
  std::int64_t sum = 0;
  for (std::int64_t size : sizes) sum = size < 0 || sum < 0 ? -1 : sum + size;
  if (sum != whole || sizes.size() < call.node.outputs.size()) throw Error("pieces of {} do not make {}", to_string(sizes), whole);
  return sizes;
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 1, 2);
  const auto sizes = sizes_of(call);
  if (!sizes) return std::nullopt;
  std::vector<TensorSpec> specs(sizes->size(), {call.input(0).type, call.input(0).shape});
  for (std::size_t i = 0; i < specs.size(); ++i) specs[i].shape[static_cast<std::size_t>(axis_of(call))] = (*sizes)[i];
  return specs;
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const int axis = static_cast<int>(axis_of(call));
  const std::size_t width = size_of(call.input(0).type);
  const ChannelWalk in = channel_walk(call.input(0).shape, axis);
  std::int64_t before = 0;
  for (Tensor& output : outputs) {
    const ChannelWalk out = channel_walk(output.shape(), axis);
    const std::size_t run = static_cast<std::size_t>(out.channels * out.inner) * width;
    std::byte* to = output.mutable_data();
    for (std::int64_t o = 0; o < out.outer && run > 0; ++o, to += run) {
      std::memcpy(to, call.tensor(0).data() + static_cast<std::size_t>((o * in.channels + before) * in.inner) * width, run);
    }
    before += out.channels;
  }
}

}  // namespace

extern const Operator kSplit{.type = "Split", .since = 2, .shapes = shapes, .grid = GridRule::keeps, .reference = reference, .data_inputs = 1, .floats = Floats::any};

}  // namespace halftone
