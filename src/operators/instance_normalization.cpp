// InstanceNormalization: (x - mean) / sqrt(var + epsilon) over the positions of each channel of each picture, times scale, plus bias. ONNX
// since 6.
#include "operators/group_statistics.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 3, 3);
  for (std::size_t i = 0; i < 3; ++i) require_float(call, i);
  const Shape& x = call.input(0).shape;
  if (x.size() < 3) throw Error("its input has rank {}; at least 3 is needed", x.size());
  for (std::size_t i = 1; i < 3; ++i) {
    if (call.input(i).shape != Shape{x[1]}) throw Error("input {} is {}; [{}] is needed", i, to_string(call.input(i).shape), x[1]);
  }
  return same_as_first_input(call);
}

void reference(const Call& call, std::span<Tensor> outputs) {
  std::span<const float> scale = call.tensor(1).values<float>(), bias = call.tensor(2).values<float>();
  normalize_groups(call.tensor(0), outputs[0], call.input(0).shape[1], call.attributes().real("epsilon", 1e-5f),
                   [&](std::int64_t c) { return std::pair(scale[static_cast<std::size_t>(c)], bias[static_cast<std::size_t>(c)]); });
}

}  // namespace

extern const Operator kInstanceNormalization{.type = "InstanceNormalization", .since = 6, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference, .data_inputs = 1};

}  // namespace halftone
