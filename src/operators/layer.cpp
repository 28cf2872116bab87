#include "operators/layer.h"

#include <algorithm>
#include <cmath>

namespace halftone {

namespace {

// alpha A B + beta C as a layer: the factors are 1, A is not transposed, C is a vector over the output channels.
bool is_plain_gemm(const Graph& graph, const Node& node, std::int64_t channels) {
  if (node.attributes.integer("transA", 0) != 0 || node.attributes.real("alpha", 1) != 1) return false;
  const Tensor* bias = graph.constant(node.input(2));
  if (bias == nullptr) return true;
  const bool vector = bias->rank() <= 1 || bias->shape().back() == bias->size();
  return node.attributes.real("beta", 1) == 1 && vector && (bias->size() == 1 || bias->size() == channels);
}

}  // namespace

std::optional<Layer> layer_of(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const Operator* op = find_operator(node);
  if (op == nullptr || op->layer == nullptr) return std::nullopt;
  Layer layer;
  layer.node = id;
  layer.data = node.input(op->layer->data);
  layer.weight = node.input(op->layer->weight);
  layer.bias_index = op->layer->bias;
  layer.can_have_bias = node.type != "MatMul";
  layer.bias = layer.can_have_bias ? node.input(layer.bias_index) : ValueId::none;
  layer.output = node.output();
  const Tensor* weight = graph.constant(layer.weight);
  if (weight == nullptr || weight->type() != DataType::float32 || weight->rank() < 2 || weight->size() == 0) return std::nullopt;
  if (layer.bias != ValueId::none && graph.constant(layer.bias) == nullptr) return std::nullopt;
  layer.weight_axis = op->layer->weight_axis(node, weight->shape());
  layer.channels = weight->shape()[static_cast<std::size_t>(layer.weight_axis)];
  if (node.type == "Gemm" && !is_plain_gemm(graph, node, layer.channels)) return std::nullopt;
  return layer;
}

std::int64_t inputs_in_blocks(const Graph& graph, const Layer& layer) {
  const Shape& shape = graph.constant(layer.weight)->shape();
  return shape.size() == 2 ? shape[layer.weight_axis == 0 ? 1 : 0] : 0;
}

std::vector<Layer> layers_of(const Graph& graph) {
  std::vector<Layer> layers;
  for (NodeId id : graph.topological_order()) {
    if (auto layer = layer_of(graph, id)) layers.push_back(*layer);
  }
  return layers;
}

namespace {

// Calls body(element, row) for every element, in order; `row`: its place in [channels][positions].
template <typename Body>
void for_each_place(const Shape& shape, int out_axis, const Body& body) {
  const ChannelWalk walk = channel_walk(shape, out_axis);
  std::size_t element = 0;
  for (std::int64_t o = 0; o < walk.outer; ++o) {
    for (std::int64_t c = 0; c < walk.channels; ++c) {
      const auto first = static_cast<std::size_t>((c * walk.outer + o) * walk.inner);
      for (std::size_t i = 0; i < static_cast<std::size_t>(walk.inner); ++i, ++element) body(element, first + i);
    }
  }
}

}  // namespace

std::vector<float> rows_of_weight(const Tensor& weight, int out_axis) {
  std::vector<float> rows(static_cast<std::size_t>(weight.size()));
  std::span<const float> values = weight.values<float>();
  for_each_place(weight.shape(), out_axis, [&](std::size_t element, std::size_t row) { rows[row] = values[element]; });
  return rows;
}

Tensor weight_of_rows(const std::vector<float>& rows, const Shape& shape, int out_axis) {
  Tensor weight = Tensor::uninitialized(DataType::float32, shape);
  std::span<float> values = weight.mutable_values<float>();
  for_each_place(shape, out_axis, [&](std::size_t element, std::size_t row) { values[element] = rows[row]; });
  return weight;
}

bool has_grids(const Graph& graph, const Layer& layer) {
  const Encoding* data = graph.encoding(layer.data);
  const Encoding* weight = graph.encoding(layer.weight);
  if (data == nullptr || weight == nullptr || data->placed_only() || weight->placed_only()) return false;
  if (weight->per_block() && inputs_in_blocks(graph, layer) == 0) return false;
  const int axis = weight->per_block() ? 1 - layer.weight_axis : layer.weight_axis;
  return data->per_tensor() && (weight->per_tensor() || weight->axis == axis);
}

bool is_quantized(const Graph& graph, const Layer& layer) { return has_grids(graph, layer) && !graph.encoding(layer.weight)->per_block(); }

namespace {

std::int32_t saturated(double code) {
  return static_cast<std::int32_t>(std::clamp(code, -kLargestBiasCode, kLargestBiasCode));
}

std::int32_t stable_code(float bias, float scale) {
  const double s = scale;
  double code = std::nearbyint(bias / s);
  for (int i = 0; i < 4; ++i) {  // ends after two rounds: either float32 or the grid is the finer of the two
    const double again = std::nearbyint(static_cast<double>(static_cast<float>(code * s)) / s);
    if (again == code) break;
    code = again;
  }
  return saturated(code);
}

}  // namespace

BiasCodes derive_bias(const Graph& graph, const Layer& layer) {
  HALFTONE_CHECK(is_quantized(graph, layer));
  BiasCodes bias;
  const float data_scale = graph.encoding(layer.data)->scale[0];
  for (float weight_scale : graph.encoding(layer.weight)->scale) bias.scale.push_back(data_scale * weight_scale);
  const Tensor* real = graph.constant(layer.bias);
  if (real == nullptr) return bias;
  const std::vector<float> values = to_floats(*real);
  bias.codes.resize(static_cast<std::size_t>(layer.channels));
  for (std::size_t c = 0; c < bias.codes.size(); ++c) {
    const float value = values.size() == 1 ? values[0] : values[c];
    bias.codes[c] = stable_code(value, bias.scale.size() == 1 ? bias.scale[0] : bias.scale[c]);
  }
  return bias;
}

}  // namespace halftone
