// DynamicQuantizeLinear: uint8 codes on the grid of the input's own range, widened to hold 0: y, scale, zero_point. ONNX since 11.
#include <algorithm>

#include "operators/dynamic_grid.h"
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
  const DynamicGrid grid = dynamic_grid(x);
  std::transform(x.begin(), x.end(), outputs[0].mutable_values<std::uint8_t>().begin(), [&](float value) { return static_cast<std::uint8_t>(grid.code(value)); });
  outputs[1].mutable_values<float>()[0] = grid.scale;
  outputs[2].mutable_values<std::uint8_t>()[0] = static_cast<std::uint8_t>(grid.zero);
}

std::vector<DataType> types(const Node&, const std::vector<DataType>&) { return {DataType::uint8, DataType::float32, DataType::uint8}; }

}  // namespace

extern const Operator kDynamicQuantizeLinear{.type = "DynamicQuantizeLinear", .since = 11, .shapes = shapes, .grid = GridRule::none, .reference = reference, .types = types};

}  // namespace halftone
