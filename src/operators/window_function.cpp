#include "operators/window_function.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "operators/element_type.h"
#include "operators/one_number.h"

namespace halftone {

std::vector<DataType> window_function_types(const Node& node, const std::vector<DataType>&) { return {element_type(node.attributes.integer("output_datatype", 1))}; }

std::optional<std::vector<TensorSpec>> window_function_shapes(const Call& call) {
  require_inputs(call, 1, 1);
  if (!knows_one_number(call, 0)) return std::nullopt;
  const auto size = call.integers(0);
  if (size->front() < 0) throw Error("a window of {} is not possible", size->front());
  return std::vector<TensorSpec>{{window_function_types(call.node, {})[0], {size->front()}}};
}

void window_function(const Call& call, Tensor& output, double a, double b, double c) {
  Tensor window(DataType::float32, output.shape());
  std::span<float> values = window.mutable_values<float>();
  const std::int64_t period = std::max<std::int64_t>(window.size() - (call.attributes().integer("periodic", 1) != 0 ? 0 : 1), 1);
  const double step = 2 * std::numbers::pi / static_cast<double>(period);
  for (std::size_t n = 0; n < values.size(); ++n) values[n] = static_cast<float>(a - b * std::cos(step * static_cast<double>(n)) + c * std::cos(2 * step * static_cast<double>(n)));
  const Tensor converted = convert(window, output.type());
  std::memcpy(output.mutable_data(), converted.data(), converted.bytes());
}

}  // namespace halftone
