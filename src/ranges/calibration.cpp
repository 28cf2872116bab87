#include "ranges/calibration.h"

#include <algorithm>
#include <limits>
#include <set>

#include "base/parallel.h"
#include "kernels/statistics.h"

namespace halftone {
namespace {

constexpr float kConstant = 1e-3f;  // of the median width

bool contains(const std::vector<ValueId>& values, ValueId id) { return std::find(values.begin(), values.end(), id) != values.end(); }

// Where the infinity or NaN of a value comes from: the value, or one that it is computed of, all of whose own inputs are finite.
ValueId origin_of(const Graph& graph, const Batch& batch, ValueId bad) {
  std::vector<ValueId> values;
  for (ValueId id : graph.values()) {
    if (graph.value(id).type == DataType::float32 && !graph.value(id).is_constant()) values.push_back(id);
  }
  std::set<ValueId> not_finite;
  Session(graph, Arithmetic::float32, 1, values).run(batch.inputs, [&](const TapView& view) {
    if (!find_extremes(view.data, element_count(view.shape)).finite) not_finite.insert(view.value);
  });
  for (const Node* node = graph.producer(bad); node != nullptr; node = graph.producer(bad)) {
    const auto input = std::find_if(node->inputs.begin(), node->inputs.end(), [&](ValueId id) { return not_finite.contains(id); });
    if (input == node->inputs.end()) break;
    bad = *input;
  }
  return bad;
}

[[noreturn]] void not_finite(const Graph& graph, const TapView& view, const Batch& batch, const SampleSource& data) {
  const std::int64_t rows = real_rows(view.shape, batch);
  std::int64_t sample = batch.first;
  if (!view.shape.empty() && batch.count > 0 && rows % batch.count == 0) {
    const std::int64_t each = element_count(view.shape) / view.shape[0] * (rows / batch.count);
    for (std::int64_t s = 0; s < batch.count; ++s) {
      if (!find_extremes(view.data + s * each, each).finite) {
        sample = batch.first + s;
        break;
      }
    }
  }
  const std::string name = data.has_file_names() ? fmt::format("{} (sample {})", data.name(sample), sample) : data.name(sample);
  const Value& first = graph.value(origin_of(graph, batch, view.value));
  if (first.producer == NodeId::none) throw Error("{}: the input '{}' is NaN or infinite; check the data", name, first.name);
  throw Error("{}{}: the value '{}' of the float network is NaN or infinite; check the data and the model", origin(graph), name, first.name);
}

// A watched value as the samples of its batch; one where they are not apart, as in a feed. Copies that fill up a batch are
// left out.
struct Samples {
  std::int64_t count = 1, each = 0;
};

Samples samples_of(const Batch& batch, const TapView& view) {
  const std::int64_t rows = real_rows(view.shape, batch), row = element_count(view.shape) / std::max<std::int64_t>(view.shape.empty() ? 1 : view.shape[0], 1);
  const std::int64_t count = batch.count > 0 && rows % batch.count == 0 ? batch.count : 1;
  return {count, rows / count * row};
}

Range union_of(const std::vector<Range>& ranges) {
  Range all = ranges.front();
  for (const Range& range : ranges) all = {std::min(all.min, range.min), std::max(all.max, range.max)};
  return all;
}

void add_to(ValueStatistics& statistics, const Batch& batch, const TapView& view, const std::vector<Range>& ranges, int threads) {
  const Samples samples = samples_of(batch, view);
  statistics.histogram.add_samples(view.data, samples.count, samples.each, batch.first, union_of(ranges), threads);
  statistics.samples.insert(statistics.samples.end(), ranges.begin(), ranges.end());
}

}  // namespace

void watch_values(const Graph& graph, const std::vector<ValueId>& values, const SampleSource& data, std::int64_t most,
                  std::string_view step, const Job& job, const Watch& watch) {
  Session session(graph, Arithmetic::float32, job.threads, values);
  const BatchPlan plan = plan_batches(graph, data, Arithmetic::float32, job);
  for_each_batch(data, plan, job, step, most, [&](const Batch& batch) { session.run(batch.inputs, [&](const TapView& view) { watch(batch, view); }); });
}

std::vector<Range> finite_ranges(const Graph& graph, const Batch& batch, const TapView& view, const SampleSource& data, int threads) {
  const Samples samples = samples_of(batch, view);
  std::vector<Range> ranges;
  for (const Extremes& extremes : extremes_of_each(view.data, samples.count, samples.each, threads)) {
    if (!extremes.finite) not_finite(graph, view, batch, data);
    ranges.push_back(extremes.range);
  }
  return ranges;
}

Calibration calibrate(const Graph& graph, const CalibrationWishes& wishes, const SampleSource& data, const Job& job) {
  Calibration found;
  FloatOutputs outputs(graph, data.size(), job.store_bytes);
  std::vector<ValueId> values;
  for (const auto* list : {&wishes.statistics, &wishes.channels, &outputs.values()}) {
    std::copy_if(list->begin(), list->end(), std::back_inserter(values), [&](ValueId id) { return !contains(values, id); });
  }
  for (ValueId id : wishes.statistics) found.statistics.emplace(id, ValueStatistics(wishes.bins, wishes.seed));
  for (ValueId id : wishes.channels) found.channels[id];
  watch_values(graph, values, data, -1, "calibrating", job, [&](const Batch& batch, const TapView& view) {
    if (contains(outputs.values(), view.value)) outputs.add(batch, view);
    if (const auto statistics = found.statistics.find(view.value); statistics != found.statistics.end()) {
      add_to(statistics->second, batch, view, finite_ranges(graph, batch, view, data, job.threads), job.threads);
    }
    if (const auto channels = found.channels.find(view.value); channels != found.channels.end()) channels->second.merge(view, job.threads);
  });
  if (outputs.complete()) found.outputs = std::make_shared<const FloatOutputs>(std::move(outputs));
  return found;
}

float ChannelRange::median_width() const {
  if (min.empty()) return 0;
  std::vector<float> widths;
  for (std::size_t k = 0; k < min.size(); ++k) widths.push_back(max[k] - min[k]);
  const auto middle = widths.begin() + static_cast<std::ptrdiff_t>(widths.size() / 2);
  std::nth_element(widths.begin(), middle, widths.end());
  return *middle;
}

std::vector<bool> ChannelRange::constant_channels(const Clamp& clamp) const {
  std::vector<bool> constant;
  const float limit = kConstant * median_width();
  for (std::size_t k = 0; k < min.size(); ++k) {
    const float width = max[k] - min[k];
    constant.push_back(clamped(max[k] + width, clamp) - clamped(min[k] - width, clamp) <= limit);
  }
  return constant;
}

void ChannelRange::merge(const TapView& view, int threads) {
  const ChannelWalk walk = channel_walk(view.shape, view.shape.size() > 1 ? 1 : 0);
  const auto channels = static_cast<std::size_t>(walk.channels);
  if (min.empty()) {
    min.assign(channels, std::numeric_limits<float>::infinity());
    max.assign(channels, -std::numeric_limits<float>::infinity());
  }
  if (view.channels_last || walk.inner == 1) {
    const std::int64_t rows = walk.outer * walk.inner, block = std::max<std::int64_t>(1, (1 << 18) / walk.channels), blocks = (rows + block - 1) / block;
    std::vector<std::vector<float>> least(static_cast<std::size_t>(blocks), min), greatest(static_cast<std::size_t>(blocks), max);
    parallel_for(blocks, threads, [&](std::int64_t b) {
      const auto i = static_cast<std::size_t>(b);
      channel_extremes(view.data + b * block * walk.channels, std::min(block, rows - b * block), walk.channels, least[i].data(), greatest[i].data());
    });
    for (std::size_t b = 0; b < least.size(); ++b) {
      for (std::size_t c = 0; c < channels; ++c) {
        min[c] = std::min(min[c], least[b][c]);
        max[c] = std::max(max[c], greatest[b][c]);
      }
    }
    return;
  }
  for (std::int64_t o = 0; o < walk.outer; ++o) {
    for (std::int64_t c = 0; c < walk.channels; ++c) {
      const ValueExtremes e = find_extremes(view.data + (o * walk.channels + c) * walk.inner, walk.inner);
      min[static_cast<std::size_t>(c)] = std::min(min[static_cast<std::size_t>(c)], e.min);
      max[static_cast<std::size_t>(c)] = std::max(max[static_cast<std::size_t>(c)], e.max);
    }
  }
}

}  // namespace halftone
