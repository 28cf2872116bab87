// DynamicQuantizeLinear: uint8 codes on the grid of the input's own range, widened to hold 0: y, scale, zero_point. ONNX since 11.
#include <algorithm>
#include <cmath>

#include "operators/operator.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 1, 1);
  require_float(call, 0);
  return std::vector<TensorSpec>{{DataType::uint8, call.input(0).shape}, {DataType::float32, {}}, {DataType::uint8, {}}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  std::span<const float> x = call.tensor(0).values<float>();
  float low = 0, high = 0;
  for (float value : x) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  const float scale = high == low ? 1.0f : (high - low) / 255;
  const float zero = std::nearbyint(std::clamp(-low / scale, 0.0f, 255.0f));
  std::span<std::uint8_t> y = outputs[0].mutable_values<std::uint8_t>();
  for (std::size_t i = 0; i < x.size(); ++i) y[i] = static_cast<std::uint8_t>(std::clamp(std::nearbyint(x[i] / scale) + zero, 0.0f, 255.0f));
  outputs[1].mutable_values<float>()[0] = scale;
  outputs[2].mutable_values<std::uint8_t>()[0] = static_cast<std::uint8_t>(zero);
}

std::vector<DataType> types(const Node&, const std::vector<DataType>&) { return {DataType::uint8, DataType::float32, DataType::uint8}; }

}  // namespace

extern const Operator kDynamicQuantizeLinear{.type = "DynamicQuantizeLinear", .since = 11, .shapes = shapes, .grid = GridRule::none, .reference = reference, .types = types};

}  // namespace halftone
