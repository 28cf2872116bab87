#include "passes/fit_bias.h"

namespace halftone {

int fit_bias(Graph& graph, const Layer& layer, PassContext& context, PassReport& report) {
  if (!is_quantized(graph, layer) || layer.bias == ValueId::none) return 0;
  const float data_scale = graph.encoding(layer.data)->scale[0];
  const std::vector<float> bias = to_floats(*graph.constant(layer.bias));
  Encoding encoding = *graph.encoding(layer.weight);
  int widened = 0;
  for (std::size_t c = 0; c < static_cast<std::size_t>(layer.channels); ++c) {
    float& scale = encoding.scale[encoding.scale.size() == 1 ? 0 : c];
    const float needed = least_weight_scale(bias[bias.size() == 1 ? 0 : c], data_scale);
    if (scale >= needed) continue;
    scale = needed;
    ++widened;
  }
  if (widened == 0) return 0;
  graph.edit(layer.weight).encoding = std::make_shared<const Encoding>(std::move(encoding));
  const std::string& name = graph.node(layer.node).name;
  report.note("'{}': the weight scales of {} channels were widened so that their biases fit into int32", name, widened);
  context.warnings.push_back(fmt::format("'{}': weight scales of {} channels widened for their int32 biases", name, widened));
  return widened;
}

}  // namespace halftone
