#include "evaluation/value_figures.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <unordered_map>

#include "base/parallel.h"
#include "evaluation/batches.h"
#include "evaluation/metrics.h"
#include "kernels/layout.h"

namespace halftone {
namespace {

struct Energy {
  double signal = 0, noise = 0;
};

// A view's numbers, kept: without the copies that filled up a fixed batch, in the order they were computed in.
struct Contents {
  std::vector<float> values;
  bool channels_last = false;
};

Shape real_shape(const TapView& view, const Batch& batch) {
  Shape shape = view.shape;
  if (!shape.empty()) shape[0] = real_rows(shape, batch);
  return shape;
}

Contents contents(const TapView& view, const Batch& batch) {
  HALFTONE_CHECK(view.codes == nullptr);
  return {{view.data, view.data + element_count(real_shape(view, batch))}, view.channels_last};
}

// The same numbers in the other order.
Contents turned(const Contents& from, const Shape& shape, int threads) {
  const ChannelWalk walk = channel_walk(shape, 1);
  Contents to{std::vector<float>(from.values.size()), !from.channels_last};
  transpose_inner(from.values.data(), walk.outer, from.channels_last ? walk.inner : walk.channels, from.channels_last ? walk.channels : walk.inner, to.values.data(), threads);
  return to;
}

// Adds what `view` makes of the float network's numbers.
void compare(const Contents& real, const TapView& view, const Batch& batch, int threads, Energy& energy) {
  constexpr std::int64_t kBlock = 1 << 14;
  const Shape shape = real_shape(view, batch);
  const std::int64_t count = element_count(shape);
  if (std::ssize(real.values) != count) return;
  const bool same_order = real.channels_last == view.channels_last;
  const Contents other = same_order ? Contents{} : turned(real, shape, threads);
  const float* expected = (same_order ? real : other).values.data();
  const float scale = view.codes != nullptr ? view.codes->scale[0] : 1.0f;
  std::vector<Energy> parts(static_cast<std::size_t>((count + kBlock - 1) / kBlock));
  parallel_blocks(count, kBlock, threads, [&](std::int64_t first, std::int64_t end) {
    Energy part;
    for (std::int64_t i = first; i < end; ++i) {
      const double f = expected[i], q = view.data[i] * scale;
      part.signal += f * f;
      part.noise += (f - q) * (f - q);
    }
    parts[static_cast<std::size_t>(first / kBlock)] = part;
  });
  for (const Energy& part : parts) {
    energy.signal += part.signal;
    energy.noise += part.noise;
  }
}

std::map<ValueId, double> decibels(const std::map<ValueId, Energy>& energies) {
  std::map<ValueId, double> result;
  for (const auto& [id, energy] : energies) {
    if (energy.noise > 0) result[id] = 10 * std::log10(energy.signal / energy.noise);
  }
  return result;
}

}  // namespace

std::map<ValueId, double> value_sqnr(const Graph& real, const Graph& quantized, const SampleSource& data, std::int64_t samples, const Job& job) {
  std::map<ValueId, Energy> energies;
  std::unordered_map<std::string, ValueId> real_ids;
  for (ValueId id : real.values()) real_ids[real.value(id).name] = id;
  std::map<ValueId, ValueId> pairs;  // of the float network -> of the quantized one
  std::vector<ValueId> taps, real_taps;
  for (ValueId id : quantized.values()) {
    const Value& value = quantized.value(id);
    if (!value.encoding || value.encoding->placed_only() || value.is_constant()) continue;
    if (const auto found = real_ids.find(value.name); found != real_ids.end()) {
      pairs[found->second] = id;
      taps.push_back(id);
      real_taps.push_back(found->second);
    }
  }
  Session float_session(real, Arithmetic::float32, job.threads, real_taps), session(quantized, Arithmetic::simulated, job.threads, taps);
  const BatchPlan plan = plan_batches(quantized, data, Arithmetic::simulated, job);
  const BatchPlan single = plan.fixed ? plan : BatchPlan{1, false};
  for_each_batch(data, single, job, "comparing values", samples, [&](const Batch& batch) {
    std::map<ValueId, Contents> expected;
    float_session.run(batch.inputs, [&](const TapView& view) { expected[pairs.at(view.value)] = contents(view, batch); });
    session.run(batch.inputs, [&](const TapView& view) { compare(expected[view.value], view, batch, job.threads, energies[view.value]); });
  });
  return decibels(energies);
}

std::map<ValueId, double> constant_sqnr(const Graph& graph) {
  std::map<ValueId, double> result;
  for (ValueId id : graph.values()) {
    const Value& value = graph.value(id);
    if (!value.is_constant() || !value.encoding || value.encoding->placed_only()) continue;
    const Tensor rounded = dequantize(quantize(*value.constant, *value.encoding), *value.encoding, value.constant->shape());
    if (const auto db = sqnr_db(value.constant->values<float>(), rounded.values<float>())) result[id] = *db;
  }
  return result;
}

}  // namespace halftone
