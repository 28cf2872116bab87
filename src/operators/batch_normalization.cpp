// BatchNormalization (inference): Y = scale (X - mean) / sqrt(var + epsilon) + B, per channel (axis 1). ONNX since 7.
#include <cmath>

#include "graph/encoding.h"
#include "operators/operator.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 5, 5);
  if (call.attributes().integer("training_mode", 0) != 0) throw Error("training_mode 1 is not supported; export the model for inference");
  if (call.node.outputs.size() > 1 && call.node.output(1) != ValueId::none) throw Error("only the first output exists in inference");
  const Shape& x = call.input(0).shape;
  if (x.size() < 2) throw Error("its input has rank {}; at least 2 is needed", x.size());
  for (std::size_t i = 0; i < 5; ++i) {
    require_float(call, i);
    if (i > 0 && call.input(i).shape != Shape{x[1]}) {
      throw Error("input {} is {}; [{}] is needed, one number a channel", i, to_string(call.input(i).shape), x[1]);
    }
  }
  return same_as_first_input(call);
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const double epsilon = call.attributes().real("epsilon", 1e-5f);
  const ChannelWalk walk = channel_walk(call.input(0).shape, 1);
  std::span<const float> x = call.tensor(0).values<float>();
  std::span<float> y = outputs[0].mutable_values<float>();
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto c = static_cast<std::size_t>(static_cast<std::int64_t>(i) / walk.inner % walk.channels);
    const auto at = [&](std::size_t input) { return static_cast<double>(call.tensor(input).values<float>()[c]); };
    y[i] = static_cast<float>(at(1) * (x[i] - at(3)) / std::sqrt(at(4) + epsilon) + at(2));
  }
}

}  // namespace

extern const Operator kBatchNormalization{.type = "BatchNormalization", .since = 7, .shapes = shapes,
                                          .grid = GridRule::makes_new, .reference = reference, .data_inputs = 1};

}  // namespace halftone
