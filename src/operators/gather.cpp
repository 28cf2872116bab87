// Gather: Y[.., i.., ..] = X[.., indices[i], ..] along an axis. ONNX since 1.
#include "operators/indices.h"
#include "graph/encoding.h"

namespace halftone {
namespace {

std::int64_t axis_of(const Call& call) { return normalized_axis(call.attributes().integer("axis", 0), static_cast<std::int64_t>(call.input(0).shape.size())); }

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 2, 2);
  require_indices(call, 1);
  Shape y = call.input(0).shape;
  if (y.empty()) throw Error("its data are a scalar");
  const auto axis = y.begin() + axis_of(call);
  y.insert(y.erase(axis), call.input(1).shape.begin(), call.input(1).shape.end());
  return std::vector<TensorSpec>{{call.input(0).type, y}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const ChannelWalk walk = channel_walk(call.input(0).shape, static_cast<int>(axis_of(call)));
  const std::vector<std::int64_t> indices = indices_of(call.tensor(1), walk.channels);
  const std::size_t run = static_cast<std::size_t>(walk.inner) * size_of(outputs[0].type());
  const std::byte* from = call.tensor(0).data();
  std::byte* to = outputs[0].mutable_data();
  for (std::int64_t o = 0; o < walk.outer; ++o) {
    for (std::int64_t index : indices) {
      std::memcpy(to, from + static_cast<std::size_t>(o * walk.channels + index) * run, run);
      to += run;
    }
  }
}

}  // namespace

extern const Operator kGather{.type = "Gather", .since = 1, .shapes = shapes, .grid = GridRule::keeps, .reference = reference, .data_inputs = 1, .floats = Floats::any};

}  // namespace halftone
