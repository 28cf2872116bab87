// Scaler of ai.onnx.ml: Y = (X - offset) scale, of any numbers, with one offset and scale for all or one a feature (the last
// axis). ai.onnx.ml since 1.
#include "operators/operator.h"

namespace halftone {
namespace {

std::vector<float> numbers(const Call& call, const char* name, float otherwise) {
  const Shape& x = call.input(0).shape;
  const std::vector<float> values = call.attributes().reals(name);
  const auto features = static_cast<std::size_t>(x.empty() ? 1 : x.back());
  if (values.size() > 1 && values.size() != features) throw Error("its {} has {} numbers for {} features", name, values.size(), features);
  return values.size() == features ? values : std::vector<float>(features, values.empty() ? otherwise : values[0]);
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 1, 1);
  numbers(call, "offset", 0);
  numbers(call, "scale", 1);
  return std::vector<TensorSpec>{{DataType::float32, call.input(0).shape}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const std::vector<float> offset = numbers(call, "offset", 0), scale = numbers(call, "scale", 1);
  const std::vector<float> x = to_floats(call.tensor(0));
  std::span<float> y = outputs[0].mutable_values<float>();
  for (std::size_t i = 0; i < x.size(); ++i) y[i] = (x[i] - offset[i % offset.size()]) * scale[i % scale.size()];
}

std::vector<DataType> types(const Node&, const std::vector<DataType>&) { return {DataType::float32}; }

}  // namespace

extern const Operator kScaler{.type = "Scaler", .domain = "ai.onnx.ml", .since = 1, .shapes = shapes, .reference = reference, .types = types};

}  // namespace halftone
