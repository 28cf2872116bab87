// Moves channels that hold one constant everywhere into the biases of the layers that read them (METHODS 2.6).
//     b'[o] = b[o] + c sum W[o, k, ..],   W'[.., k, ..] = 0;  in the layer before: W[k] = 0, b[k] = c
// Provable: all weights of the channel are 0 or so small that, with the input's bound, they cannot move it by 1e-6 of the
// layer's median channel range. On samples: at most 1e-3 of that median, even if before its activation the channel reached as
// far again; it is said so. One that the activation happens to cut on all samples may wake up on others and stays
// (docs/decisions/0009). Through a reader's zero padding only where the constant is 0. Needs samples. Keeps the float outputs
// (to 1e-3 of a channel's range on samples).
#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "operators/window.h"
#include "passes/calibrated.h"
#include "passes/layer_chain.h"
#include "passes/layer_edit.h"

namespace halftone {
namespace {

constexpr float kProvable = 1e-6f;

bool has_padding(const Graph& graph, const Layer& reader) {
  const Node& node = graph.node(reader.node);
  const std::vector<std::int64_t> pads = node.attributes.integers("pads");
  const std::string automatic = node.attributes.text("auto_pad", "NOTSET");
  return automatic == "SAME_UPPER" || automatic == "SAME_LOWER" || std::any_of(pads.begin(), pads.end(), [](std::int64_t p) { return p != 0; });
}

// Calls body(element, output channel) for the reader's weights that multiply its input channel k.
template <typename Body>
void for_each_weight_of_input(const Graph& graph, const Layer& reader, std::int64_t channel, const Body& body) {
  const Shape& shape = graph.constant(reader.weight)->shape();
  const std::int64_t group = graph.node(reader.node).attributes.integer("group", 1);
  const int in_axis = reader.weight_axis == 0 ? 1 : 0;
  const ChannelWalk in = channel_walk(shape, in_axis), out = channel_walk(shape, reader.weight_axis);
  const std::int64_t per_group = reader.channels / group, first_out = channel / in.channels * per_group, own = channel % in.channels;
  for (std::int64_t outer = 0; outer < in.outer; ++outer) {
    const std::int64_t first = (outer * in.channels + own) * in.inner;
    for (std::int64_t i = first; i < first + in.inner; ++i) {
      const std::int64_t o = i / out.inner % out.channels;
      if (o >= first_out && o < first_out + per_group) body(static_cast<std::size_t>(i), static_cast<std::size_t>(o));
    }
  }
}

// Calls body(element) for the layer's weights that make output channel k.
template <typename Body>
void for_each_weight_of_output(const Graph& graph, const Layer& layer, std::size_t channel, const Body& body) {
  const ChannelWalk walk = channel_walk(graph.constant(layer.weight)->shape(), layer.weight_axis);
  for (std::int64_t outer = 0; outer < walk.outer; ++outer) {
    const std::int64_t first = (outer * walk.channels + static_cast<std::int64_t>(channel)) * walk.inner;
    for (std::int64_t i = first; i < first + walk.inner; ++i) body(static_cast<std::size_t>(i));
  }
}

void absorb_into_reader(Graph& graph, Layer& reader, std::int64_t channel, float constant) {
  std::vector<float> bias = bias_or_zero(graph, reader);
  std::vector<double> shift(bias.size(), 0.0);
  own_weight(graph, reader);
  Tensor weight = *graph.constant(reader.weight);
  std::span<float> values = weight.mutable_values<float>();
  for_each_weight_of_input(graph, reader, channel, [&](std::size_t i, std::size_t o) {
    shift[o] += static_cast<double>(values[i]) * constant;
    values[i] = 0;
  });
  for (std::size_t o = 0; o < bias.size(); ++o) bias[o] = static_cast<float>(bias[o] + shift[o]);
  graph.set_constant(reader.weight, std::move(weight));
  if (constant != 0) set_bias(graph, reader, bias);
}

void settle_in_producer(Graph& graph, Layer& layer, std::size_t channel, float constant) {
  own_weight(graph, layer);
  Tensor weight = *graph.constant(layer.weight);
  const std::span<float> values = weight.mutable_values<float>();
  for_each_weight_of_output(graph, layer, channel, [&](std::size_t i) { values[i] = 0; });
  graph.set_constant(layer.weight, std::move(weight));
  std::vector<float> bias = bias_or_zero(graph, layer);
  bias[channel] = constant;
  set_bias(graph, layer, bias);
}

// Least sum |w| times the input's bound that the samples' range proves; negative: the input has no known bound.
double provable_movement(const Graph& graph, const Layer& layer, std::size_t channel) {
  const std::span<const float> values = graph.constant(layer.weight)->values<float>();
  double sum = 0;
  for_each_weight_of_output(graph, layer, channel, [&](std::size_t i) { sum += std::fabs(values[i]); });
  if (sum == 0) return 0;
  const Node* before = graph.producer(layer.data);
  const auto clamp = before == nullptr ? std::nullopt : clamp_of(graph, *before);
  if (!clamp || !std::isfinite(clamp->low) || !std::isfinite(clamp->high)) return -1;
  return sum * std::max(std::fabs(clamp->low), std::fabs(clamp->high));
}

struct Tally {
  int provable = 0, on_samples = 0, kept = 0;
};

Tally fold_chain(Graph& graph, LayerChain chain, const ChannelRange& range) {
  Tally tally;
  const float middle = range.median_width();
  const std::vector<bool> constant = range.constant_channels(chain.clamp);
  for (std::size_t k = 0; k < constant.size(); ++k) {
    if (!constant[k]) continue;
    float value = 0.5f * clamped(range.min[k], chain.clamp) + 0.5f * clamped(range.max[k], chain.clamp);
    if (std::fabs(value) <= kProvable * middle) value = 0;
    const bool padded = std::any_of(chain.readers.begin(), chain.readers.end(), [&](const Layer& r) { return has_padding(graph, r); });
    if (value != 0 && padded) {
      ++tally.kept;
      continue;
    }
    const double movement = provable_movement(graph, chain.layer, k);
    (movement >= 0 && movement <= kProvable * static_cast<double>(middle) ? tally.provable : tally.on_samples) += 1;
    for (Layer& reader : chain.readers) absorb_into_reader(graph, reader, static_cast<std::int64_t>(k), value);
    settle_in_producer(graph, chain.layer, k, value);
  }
  return tally;
}

PassReport fold_constant_channels(Graph& graph, PassContext& context) {
  PassReport report;
  std::vector<LayerChain> chains;
  for (const Layer& layer : layers_of(graph)) {
    if (auto chain = chain_of(graph, layer)) chains.push_back(std::move(*chain));
  }
  if (chains.empty()) return report;
  const std::map<ValueId, ChannelRange> ranges = calibrated(graph, context).channels;
  Tally all;
  int layers = 0;
  for (const LayerChain& chain : chains) {
    const auto found = ranges.find(chain.layer.output);
    if (found == ranges.end()) continue;
    const std::string& name = graph.node(chain.layer.node).name;
    const Tally tally = fold_chain(graph, chain, found->second);
    report.changed += tally.provable + tally.on_samples;
    layers += tally.provable + tally.on_samples > 0 ? 1 : 0;
    all.provable += tally.provable;
    all.on_samples += tally.on_samples;
    all.kept += tally.kept;
    if (tally.provable + tally.on_samples > 0) {
      report.note("'{}': {} of {} constant ({} provably, {} on the samples) and folded into the layers that read them", name,
                  tally.provable + tally.on_samples, counted(chain.layer.channels, "channel"), tally.provable, tally.on_samples);
    }
    if (tally.kept > 0) report.note("'{}': {} kept, a reader pads with zeros", name, counted(tally.kept, "constant channel"));
  }
  if (all.kept > 0) report.summary = fmt::format("{} kept behind zero padding", all.kept);
  if (report.changed > 0) {
    context.float_network_changed = true;
    report.summary = fmt::format("{} of {} ({} provably constant, {} on the samples){}", counted(report.changed, "channel"), counted(layers, "layer"), all.provable,
                                 all.on_samples, report.summary.empty() ? "" : ", " + report.summary);
    context.warnings.push_back(fmt::format("fold_constant_channels: {} folded into biases (--disable-pass fold_constant_channels keeps them)",
                                           counted(report.changed, "channel holds one constant on all samples; it was", "channels hold one constant on all samples; they were")));
  }
  return report;
}

}  // namespace

extern const Pass kFoldConstantChannels{"fold_constant_channels", "moves channels that are constant into the readers' biases", Needs::samples,
                                        fold_constant_channels};

}  // namespace halftone
