// RMSNormalization: x / sqrt(mean x^2 + epsilon) over the axes from `axis` on, times scale. ONNX since 23.
#include <cmath>

#include "operators/elementwise.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 2, 2);
  require_float(call, 0);
  require_float(call, 1);
  if (broadcast_shapes(call.input(1).shape, call.input(0).shape) != call.input(0).shape) throw Error("its scale {} does not broadcast to {}", to_string(call.input(1).shape), to_string(call.input(0).shape));
  normalized_axis(call.attributes().integer("axis", -1), static_cast<std::int64_t>(call.input(0).shape.size()));
  return same_as_first_input(call);
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const Shape& shape = call.input(0).shape;
  const std::int64_t axis = normalized_axis(call.attributes().integer("axis", -1), static_cast<std::int64_t>(shape.size()));
  const std::int64_t each = element_count({shape.begin() + axis, shape.end()});
  const double epsilon = call.attributes().real("epsilon", 1e-5f);
  std::span<const float> x = call.tensor(0).values<float>();
  Tensor normalized(DataType::float32, shape);
  std::span<float> n = normalized.mutable_values<float>();
  for (std::size_t first = 0; first < x.size(); first += static_cast<std::size_t>(each)) {
    double squares = 0;
    for (std::int64_t c = 0; c < each; ++c) squares += static_cast<double>(x[first + static_cast<std::size_t>(c)]) * x[first + static_cast<std::size_t>(c)];
    const double inverse = 1 / std::sqrt(squares / static_cast<double>(each) + epsilon);
    for (std::int64_t c = 0; c < each; ++c) n[first + static_cast<std::size_t>(c)] = static_cast<float>(x[first + static_cast<std::size_t>(c)] * inverse);
  }
  map_pairs<float, float>(normalized, call.tensor(1), outputs[0], [](float a, float scale) { return a * scale; });
}

}  // namespace

extern const Operator kRMSNormalization{.type = "RMSNormalization", .since = 23, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference, .data_inputs = 1};

}  // namespace halftone
