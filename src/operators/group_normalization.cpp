// GroupNormalization: (x - mean) / sqrt(var + epsilon) over each group of channels of each picture, times scale, plus bias: one a group
// in opset 18, one a channel since 21.
#include "operators/group_statistics.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 3, 3);
  for (std::size_t i = 0; i < 3; ++i) require_float(call, i);
  const Shape& x = call.input(0).shape;
  const std::int64_t groups = call.attributes().integer("num_groups", 0);
  if (x.size() < 3 || groups < 1 || x[1] % groups != 0) throw Error("{} groups of {} are not possible", groups, to_string(x));
  const std::int64_t wanted = call.node.version < 21 ? groups : x[1];
  for (std::size_t i = 1; i < 3; ++i) {
    if (call.input(i).shape != Shape{wanted}) throw Error("input {} is {}; [{}] is needed", i, to_string(call.input(i).shape), wanted);
  }
  return same_as_first_input(call);
}

void reference(const Call& call, std::span<Tensor> outputs) {
  std::span<const float> scale = call.tensor(1).values<float>(), bias = call.tensor(2).values<float>();
  const std::int64_t groups = call.attributes().integer("num_groups", 0), each = call.node.version < 21 ? call.input(0).shape[1] / groups : 1;
  normalize_groups(call.tensor(0), outputs[0], groups, call.attributes().real("epsilon", 1e-5f),
                   [&](std::int64_t c) { return std::pair(scale[static_cast<std::size_t>(c / each)], bias[static_cast<std::size_t>(c / each)]); });
}

}  // namespace

extern const Operator kGroupNormalization{.type = "GroupNormalization", .since = 18, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference, .data_inputs = 1};

}  // namespace halftone
