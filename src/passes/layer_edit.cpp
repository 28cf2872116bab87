#include "passes/layer_edit.h"

namespace halftone {

std::string bias_name(const Graph& graph, const Layer& layer) {
  return graph.unique_value_name(graph.node(layer.node).name + ".bias");
}

bool shares_weight(const Graph& graph, const Layer& layer) {
  return graph.value(layer.weight).readers.size() != 1 || graph.is_output(layer.weight);
}

std::string copied_weight_name(const Graph& graph, const Layer& layer) {
  return graph.unique_value_name(graph.value(layer.weight).name + "_copy");
}

ValueId own_weight(Graph& graph, Layer& layer) {
  if (!shares_weight(graph, layer)) return layer.weight;
  const Tensor copy = *graph.constant(layer.weight);
  const ValueId own = graph.add_constant(copied_weight_name(graph, layer), copy);
  graph.edit(own).encoding = graph.value(layer.weight).encoding;
  const std::vector<ValueId> inputs = graph.node(layer.node).inputs;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i] == layer.weight) graph.set_input(layer.node, i, own);
  }
  layer.weight = own;
  return own;
}

std::vector<float> bias_or_zero(const Graph& graph, const Layer& layer) {
  std::vector<float> bias(static_cast<std::size_t>(layer.channels), 0.0f);
  const Tensor* tensor = graph.constant(layer.bias);
  if (tensor == nullptr) return bias;
  const std::vector<float> values = to_floats(*tensor);
  for (std::size_t c = 0; c < bias.size(); ++c) bias[c] = values.size() == 1 ? values[0] : values[c];
  return bias;
}

void set_bias(Graph& graph, Layer& layer, const std::vector<float>& bias) {
  HALFTONE_CHECK(layer.can_have_bias && static_cast<std::int64_t>(bias.size()) == layer.channels);
  Tensor tensor = Tensor::from<float>({layer.channels}, bias);
  const bool own = layer.bias != ValueId::none && graph.value(layer.bias).readers.size() == 1;
  if (own) {
    graph.set_constant(layer.bias, std::move(tensor));
    return;
  }
  layer.bias = graph.add_constant(bias_name(graph, layer), std::move(tensor));
  graph.set_input(layer.node, layer.bias_index, layer.bias);
}

void scale_output_channels(Graph& graph, Layer& layer, const std::vector<float>& gain) {
  const ValueId id = own_weight(graph, layer);
  Tensor weight = *graph.constant(id);
  const ChannelWalk walk = channel_walk(weight.shape(), layer.weight_axis);
  std::span<float> values = weight.mutable_values<float>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] *= gain[static_cast<std::size_t>(static_cast<std::int64_t>(i) / walk.inner % walk.channels)];
  }
  graph.set_constant(id, std::move(weight));
}

}  // namespace halftone
