// Sets the scales of the weights' grids: min-max, or the scale with the least squared error (METHODS 3.1), per channel, per
// tensor or per block, exact on the values. Needs nothing.
#include <algorithm>

#include "base/parallel.h"
#include "base/text.h"
#include "operators/layer.h"
#include "passes/pass.h"

namespace halftone {
namespace {

// The weights that share a scale: of the tensor, of a channel, or of a block.
std::vector<std::vector<float>> parts_of(const Tensor& weight, const ScaleIndex& index) {
  std::vector<std::vector<float>> parts(static_cast<std::size_t>(index.count()));
  for (auto& part : parts) part.reserve(static_cast<std::size_t>(weight.size() / index.count()) + 1);
  std::span<const float> values = weight.values<float>();
  index.for_each([&](std::size_t i, std::size_t s) { parts[s].push_back(values[i]); });
  return parts;
}

bool is_zero(const std::vector<float>& channel) {
  return std::all_of(channel.begin(), channel.end(), [](float w) { return w == 0; });
}

// Channels (or blocks) without weights represent 0 on any grid; they take the median scale of the others, so that their biases have
// the usual resolution.
void settle_dead_channels(Encoding& encoding, const std::vector<std::vector<float>>& channels) {
  std::vector<float> alive;
  for (std::size_t c = 0; c < channels.size(); ++c) {
    if (!is_zero(channels[c])) alive.push_back(encoding.scale[c]);
  }
  if (alive.empty()) return;
  std::nth_element(alive.begin(), alive.begin() + static_cast<std::ptrdiff_t>(alive.size() / 2), alive.end());
  for (std::size_t c = 0; c < channels.size(); ++c) {
    if (is_zero(channels[c])) encoding.scale[c] = alive[alive.size() / 2];
  }
}

std::shared_ptr<const Encoding> with_scales(const Value& weight, RangeMethod method, int threads) {
  const std::vector<std::vector<float>> channels = parts_of(*weight.constant, ScaleIndex(weight.constant->shape(), *weight.encoding));
  Encoding encoding = *weight.encoding;
  encoding.scale.assign(channels.size(), 1);
  encoding.zero_point.assign(channels.size(), 0);
  parallel_for(static_cast<std::int64_t>(channels.size()), threads, [&](std::int64_t i) {
    const auto c = static_cast<std::size_t>(i);
    const auto [low, high] = std::minmax_element(channels[c].begin(), channels[c].end());
    if (method == RangeMethod::mse) set_mse_weight_range(encoding, c, channels[c]);
    else set_range(encoding, c, {*low, *high});
  });
  settle_dead_channels(encoding, channels);
  return std::make_shared<const Encoding>(std::move(encoding));
}

PassReport weight_ranges(Graph& graph, PassContext& context) {
  PassReport report;
  std::int64_t dead = 0;
  for (const Layer& layer : layers_of(graph)) {
    const Value& weight = graph.value(layer.weight);
    if (!weight.encoding || !weight.encoding->placed_only()) continue;
    graph.edit(layer.weight).encoding = with_scales(weight, context.options.weight_range, context.job.threads);
    ++report.changed;
    const Tensor& values = *graph.constant(layer.weight);
    const auto channels = parts_of(values, ScaleIndex(values.shape(), layer.weight_axis, 0));
    const std::int64_t zero = std::count_if(channels.begin(), channels.end(), is_zero);
    if (zero > 0) report.note("'{}': {} of {} without weights but zeros", graph.node(layer.node).name, zero, counted(std::ssize(channels), "channel"));
    dead += zero;
  }
  report.summary = counted(report.changed, "weight") + (dead > 0 ? ", " + counted(dead, "dead channel") : "");
  return report;
}

}  // namespace

extern const Pass kWeightRanges{"weight_ranges", "sets the scales of the weights", Needs::nothing, weight_ranges};

}  // namespace halftone
