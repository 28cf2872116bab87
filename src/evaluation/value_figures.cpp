#include "evaluation/value_figures.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <unordered_map>

#include "evaluation/batches.h"
#include "evaluation/metrics.h"

namespace halftone {
namespace {

struct Energy {
  double signal = 0, noise = 0;
};

void add(Energy& energy, double f, double q) {
  energy.signal += f * f;
  energy.noise += (f - q) * (f - q);
}

// A view's contents in plain order as real numbers, without the copies that filled up a fixed batch.
std::vector<float> contents(TapView view, const Batch& batch) {
  if (!view.shape.empty()) view.shape[0] = real_rows(view.shape, batch);
  const std::int64_t count = element_count(view.shape);
  std::vector<float> values(view.data, view.data + count);
  if (view.codes != nullptr) {
    for (float& v : values) v *= view.codes->scale[0];
  }
  if (!view.channels_last) return values;
  const ChannelWalk walk = channel_walk(view.shape, 1);
  std::vector<float> plain(values.size());
  for (std::int64_t o = 0; o < walk.outer; ++o) {
    for (std::int64_t i = 0; i < walk.inner; ++i) {
      for (std::int64_t c = 0; c < walk.channels; ++c) {
        plain[static_cast<std::size_t>((o * walk.channels + c) * walk.inner + i)] = values[static_cast<std::size_t>((o * walk.inner + i) * walk.channels + c)];
      }
    }
  }
  return plain;
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
    std::map<ValueId, std::vector<float>> expected;
    float_session.run(batch.inputs, [&](const TapView& view) { expected[pairs.at(view.value)] = contents(view, batch); });
    session.run(batch.inputs, [&](const TapView& view) {
      const std::vector<float> q = contents(view, batch), &f = expected[view.value];
      if (f.size() != q.size()) return;
      for (std::size_t i = 0; i < f.size(); ++i) add(energies[view.value], f[i], q[i]);
    });
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
