// Gives the channels of a value the whole of its grid, where depthwise layers alone read it (METHODS 3.2). Channel k reaches
// max[k] on the samples; other samples reach further, by a quarter of what it spans before the activation cuts it: m[k]. The
// layer before makes it R / m[k] times as large and the readers as much smaller, R being the end of the grid:
//     W1[k] *= g, b1[k] *= g;   W2[k] /= g;   g = R / m[k],   m[k] = max[k] + (max[k] - min[k]) / 4
// With a scale a weight channel both are free, and the readers see what a scale a channel of the activation would give them.
// The layer before ends in Relu or a Clip at [0, c]; the cap stays common, so channel k is then cut at c / g >= m[k]. Needs
// samples and weights per channel. Keeps the float outputs on the samples. Not for grids that are exchanged with other tools:
// those are for the model's own weights.
// Source: Nagel et al. 2019 (DFQ), section 4.1 (moving scales through Relu); the use for activations: METHODS 3.2.
#include <algorithm>

#include "base/text.h"
#include "passes/calibrated.h"
#include "passes/layer_chain.h"
#include "passes/layer_edit.h"
#include "passes/shared_grids.h"

namespace halftone {
namespace {

constexpr float kRoom = 0.25f;    // of what the channel spans: docs/decisions/0009
constexpr float kMostGain = 256;  // a channel that is hardly ever more than noise stays small

bool is_depthwise(const Graph& graph, const Layer& layer) {
  const Node& node = graph.node(layer.node);
  return node.type == "Conv" && graph.constant(layer.weight)->shape().at(1) == 1 && node.attributes.integer("group", 1) > 1;
}

bool can_scale(const Graph& graph, const LayerChain& chain) {
  return chain.clamp.low == 0 && std::all_of(chain.readers.begin(), chain.readers.end(), [&](const Layer& reader) { return is_depthwise(graph, reader); });
}

// Above 1 where channels, as they are before the activation, stay well within the grid.
std::vector<float> gains_of(const ChannelRange& channels, float end) {
  std::vector<float> gains;
  for (std::size_t k = 0; k < channels.max.size(); ++k) {
    const float most = channels.max[k] + kRoom * (channels.max[k] - channels.min[k]);
    gains.push_back(most > 0 ? std::clamp(end / most, 1.0f, kMostGain) : 1.0f);
  }
  return gains;
}

void scale_channels(Graph& graph, LayerChain& chain, const std::vector<float>& gains) {
  scale_output_channels(graph, chain.layer, gains);
  std::vector<float> bias = bias_or_zero(graph, chain.layer);
  for (std::size_t k = 0; k < gains.size(); ++k) bias[k] *= gains[k];
  if (chain.layer.bias != ValueId::none) set_bias(graph, chain.layer, bias);
  for (Layer& reader : chain.readers) {
    std::vector<float> shares;  // a depthwise layer makes channels / gains.size() results of each channel
    for (std::int64_t o = 0; o < reader.channels; ++o) shares.push_back(1 / gains[static_cast<std::size_t>(o) * gains.size() / static_cast<std::size_t>(reader.channels)]);
    scale_output_channels(graph, reader, shares);
  }
}

PassReport equalize_activations(Graph& graph, PassContext& context) {
  PassReport report;
  std::map<ValueId, SharedGrid> grids;
  for (const SharedGrid& grid : open_grids(graph)) grids.emplace(grid.measured, grid);
  const Calibration& calibration = calibrated(graph, context);
  int values = 0;
  for (const Layer& layer : layers_of(graph)) {
    auto chain = chain_of(graph, layer);
    if (!chain || !can_scale(graph, *chain)) continue;
    const auto grid = grids.find(chain->value);
    const auto channels = calibration.channels.find(chain->layer.output);
    if (grid == grids.end() || channels == calibration.channels.end()) continue;
    const Range range = estimated_range(graph, grid->second, calibration.statistics.at(chain->value), context.options);
    const std::vector<float> gains = gains_of(channels->second, range.max);
    const auto scaled = static_cast<int>(std::count_if(gains.begin(), gains.end(), [](float gain) { return gain != 1; }));
    if (scaled == 0) continue;
    scale_channels(graph, *chain, gains);
    report.changed += scaled;
    ++values;
    report.note("'{}': {} of {} scaled, by up to {:.3g}", graph.value(chain->value).name, scaled, counted(std::ssize(gains), "channel"), *std::max_element(gains.begin(), gains.end()));
  }
  if (values == 0) return report;
  context.float_network_changed = true;
  report.summary = fmt::format("{} of {} fill their grids", counted(report.changed, "channel"), counted(values, "value"));
  return report;
}

}  // namespace

extern const Pass kEqualizeActivations{"equalize_activations", "scales channels that depthwise layers read to the whole grid", Needs::samples, equalize_activations,
                                       [](const QuantizeOptions& options) { return options.granularity == Granularity::channel && options.load_encodings.empty(); }};

}  // namespace halftone
