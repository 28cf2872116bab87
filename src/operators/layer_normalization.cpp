// LayerNormalization: (x - mean) / sqrt(var + epsilon) over the axes from `axis` on, times scale, plus bias; also the means and the inverse
// deviations. ONNX since 17.
#include <algorithm>
#include <cmath>

#include "graph/encoding.h"
#include "operators/elementwise.h"

namespace halftone {
namespace {

ChannelWalk walk_of(const Call& call) {
  const Shape& x = call.input(0).shape;
  const std::int64_t axis = normalized_axis(call.attributes().integer("axis", -1), static_cast<std::int64_t>(x.size()));
  return {element_count({x.begin(), x.begin() + axis}), element_count({x.begin() + axis, x.end()}), 1};
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 2, 3);
  for (std::size_t i = 0; i < 3; ++i) require_float(call, i);
  const Shape& x = call.input(0).shape;
  const std::int64_t axis = normalized_axis(call.attributes().integer("axis", -1), static_cast<std::int64_t>(x.size()));
  Shape rows = x;
  std::fill(rows.begin() + axis, rows.end(), 1);
  for (std::size_t i = 1; i < 3; ++i) {
    if (call.has(i) && broadcast_shapes(call.input(i).shape, x) != x) throw Error("input {} {} does not broadcast to {}", i, to_string(call.input(i).shape), to_string(x));
  }
  return std::vector<TensorSpec>{{DataType::float32, x}, {DataType::float32, rows}, {DataType::float32, rows}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const ChannelWalk walk = walk_of(call);
  const double epsilon = call.attributes().real("epsilon", 1e-5f);
  const float* x = call.tensor(0).values<float>().data();
  Tensor normalized(DataType::float32, call.input(0).shape);
  std::span<float> y = normalized.mutable_values<float>();
  std::span<float> means = outputs[1].mutable_values<float>(), inverses = outputs[2].mutable_values<float>();
  for (std::int64_t o = 0; o < walk.outer; ++o) {
    const float* row = x + o * walk.channels;
    double sum = 0, squares = 0;
    for (std::int64_t c = 0; c < walk.channels; ++c) sum += row[c];
    const double mean = sum / static_cast<double>(walk.channels);
    for (std::int64_t c = 0; c < walk.channels; ++c) squares += (row[c] - mean) * (row[c] - mean);
    const double inverse = 1 / std::sqrt(squares / static_cast<double>(walk.channels) + epsilon);
    means[static_cast<std::size_t>(o)] = static_cast<float>(mean);
    inverses[static_cast<std::size_t>(o)] = static_cast<float>(inverse);
    for (std::int64_t c = 0; c < walk.channels; ++c) y[static_cast<std::size_t>(o * walk.channels + c)] = static_cast<float>((row[c] - mean) * inverse);
  }
  map_pairs<float, float>(normalized, call.tensor(1), outputs[0], [](float a, float scale) { return a * scale; });
  if (!call.has(2)) return;
  std::memcpy(normalized.mutable_data(), outputs[0].data(), normalized.bytes());
  map_pairs<float, float>(normalized, call.tensor(2), outputs[0], [](float a, float bias) { return a + bias; });
}

}  // namespace

extern const Operator kLayerNormalization{.type = "LayerNormalization", .since = 17, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference, .data_inputs = 1};

}  // namespace halftone
