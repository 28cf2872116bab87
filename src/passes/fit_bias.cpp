#include "passes/fit_bias.h"

#include "base/text.h"

namespace halftone {

namespace {

// One warning a layer, of all channels that any pass has widened.
void warn_once(const std::string& name, const std::set<std::size_t>& widened, std::set<std::size_t>& so_far, std::vector<std::string>& warnings) {
  const auto text = [&] { return fmt::format("'{}': weight scales of {} widened for their int32 biases", name, counted(std::ssize(so_far), "channel")); };
  std::erase(warnings, text());
  so_far.insert(widened.begin(), widened.end());
  warnings.push_back(text());
}

}  // namespace

int fit_bias(Graph& graph, const Layer& layer, PassContext& context, PassReport& report) {
  if (!is_quantized(graph, layer) || layer.bias == ValueId::none) return 0;
  const float data_scale = graph.encoding(layer.data)->scale[0];
  const std::vector<float> bias = to_floats(*graph.constant(layer.bias));
  Encoding encoding = *graph.encoding(layer.weight);
  std::set<std::size_t> widened;
  for (std::size_t c = 0; c < static_cast<std::size_t>(layer.channels); ++c) {
    float& scale = encoding.scale[encoding.scale.size() == 1 ? 0 : c];
    const float needed = least_weight_scale(bias[bias.size() == 1 ? 0 : c], data_scale);
    if (scale >= needed) continue;
    scale = needed;
    widened.insert(c);
  }
  if (widened.empty()) return 0;
  graph.edit(layer.weight).encoding = std::make_shared<const Encoding>(std::move(encoding));
  const std::string& name = graph.node(layer.node).name;
  report.note("'{}': the weight scales of {} widened so that their biases fit into int32", name,
              counted(std::ssize(widened), "channel were", "channels were"));
  warn_once(name, widened, context.widened_channels[layer.node], context.warnings);
  return static_cast<int>(widened.size());
}

}  // namespace halftone
