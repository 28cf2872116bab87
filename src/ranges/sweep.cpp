#include "ranges/sweep.h"

#include <algorithm>
#include <map>

#include "ranges/stream.h"

namespace halftone {
namespace {

class Sweep {
 public:
  Sweep(Graph& graph, const SampleSource& data, const SweepOptions& options, const Job& job, SweepVisitor& visitor)
      : graph_(graph), float_(graph), data_(data), options_(options), job_(job), visitor_(visitor),
        batches_(plan_batches(graph, data, Arithmetic::float32, job)), samples_(std::min(options.samples, data.size())), all_(batches_of(samples_, batches_)),
        real_(Arithmetic::float32, data, batches_, all_, job), quantized_(Arithmetic::simulated, data, batches_, all_, job) {}

  SweepReport run() {
    const auto segments = plan_sweep(graph_, elements_of_values(), samples_, options_);
    SweepReport report{0, static_cast<int>(segments.size())};
    for (const SweepSegment& segment : segments) report.layers += static_cast<int>(segment.steps.size());
    job_.start(options_.label, report.layers);
    for (const SweepSegment& segment : segments) run_segment(segment);
    job_.finish();
    return report;
  }

 private:
  // What should come out of a layer: rows of each batch.
  using Targets = std::map<NodeId, std::vector<Rows>>;

  std::map<ValueId, std::int64_t> elements_of_values() const {
    std::map<ValueId, std::int64_t> elements;
    std::vector<ValueId> values;
    for (ValueId id : float_.values()) {
      if (!float_.value(id).is_constant() && float_.value(id).type == DataType::float32) values.push_back(id);
    }
    Session session(float_, Arithmetic::float32, job_.threads, values);
    const Batch batch = read_batch(data_, batches_, 0, job_);
    session.run(batch.inputs, [&](const TapView& view) { elements[view.value] = element_count(view.shape) / batch_size(batch); });
    return elements;
  }

  std::int64_t batch_size(const Batch& batch) const { return batches_.fixed ? batches_.samples : data_.is_feeds() ? 1 : batch.count; }

  void run_segment(const SweepSegment& segment) {
    const std::size_t looked_at = batches_of(segment.samples, batches_);
    Targets targets = run_float(segment, looked_at);
    Stream steps = looked_at == all_ ? std::move(quantized_) : quantized_.first(looked_at);
    for (const SweepStep& step : segment.steps) {
      steps.advance(graph_, step.before);
      visit(step, segment.samples, steps, targets[step.layer.node]);
      targets.erase(step.layer.node);
      job_.advance(1);
    }
    if (segment.end.empty()) return;
    if (looked_at == all_) quantized_ = std::move(steps);
    quantized_.advance(graph_, segment.end);
  }

  // The float network from the beginning of the segment to its end; behind the last one, only what is looked at.
  Targets run_float(const SweepSegment& segment, std::size_t looked_at) {
    Targets targets;
    std::vector<ValueId> taps;
    for (const SweepStep& step : segment.steps) {
      targets[step.layer.node].resize(looked_at);
      for (ValueId id : {step.layer.output, step.shortcut}) {
        if (id != ValueId::none && std::find(taps.begin(), taps.end(), id) == taps.end()) taps.push_back(id);
      }
    }
    if (segment.end.empty()) real_ = real_.first(looked_at);
    real_.advance(float_, segment.end, taps, [&](const TapView& view, const Batch& batch, std::size_t b) {
      if (b >= looked_at) return;
      for (const SweepStep& step : segment.steps) {
        if (view.value == step.layer.output || view.value == step.shortcut) add_outputs(step, segment.samples, view, batch, 1, targets[step.layer.node][b]);
      }
    });
    return targets;
  }

  PatchSampler sampler_of(const SweepStep& step, std::int64_t samples) const {
    return PatchSampler(graph_, step.layer, std::max<std::int64_t>(step.rows / samples, 1), options_.seed);
  }

  // rows += factor * the value's rows.
  void add_outputs(const SweepStep& step, std::int64_t samples, const TapView& view, const Batch& batch, float factor, Rows& rows) const {
    Rows more;
    sampler_of(step, samples).add_outputs(view, batch_size(batch), batch.count, batch.first, more);
    if (rows.empty()) rows.resize(more.size());
    for (std::size_t g = 0; g < more.size(); ++g) {
      rows[g].resize(more[g].size(), 0.0f);
      for (std::size_t i = 0; i < more[g].size(); ++i) rows[g][i] += factor * more[g][i];
    }
  }

  // Rows of several batches, for the visitor to take at once.
  struct Collected {
    Rows quantized, target;
    std::int64_t rows = 0, samples = 0;

    void add(const Rows& x, const Rows& t, std::int64_t more_rows, std::int64_t more_samples) {
      append(x, quantized);
      append(t, target);
      rows += more_rows;
      samples += more_samples;
    }
    static void append(const Rows& more, Rows& all) {
      all.resize(more.size());
      for (std::size_t g = 0; g < more.size(); ++g) all[g].insert(all[g].end(), more[g].begin(), more[g].end());
    }
    bool is_enough(std::int64_t floats_of_row) const {
      constexpr std::int64_t kRows = 1024, kFloats = 4 << 20;
      return rows >= kRows || rows * floats_of_row >= kFloats;
    }
  };

  void visit(const SweepStep& step, std::int64_t samples, const Stream& stream, std::vector<Rows>& targets) {
    const PatchSampler sampler = sampler_of(step, samples);
    visitor_.begin(step.layer, sampler.groups(), sampler.columns());
    std::vector<ValueId> values = {step.layer.data};
    if (step.shortcut != ValueId::none) values.push_back(step.shortcut);
    Collected collected;
    const auto hand_over = [&] {
      if (collected.rows > 0) visitor_.add(collected.quantized, collected.target, collected.rows, collected.samples);
      collected = {};
    };
    stream.read(graph_, values, [&](const std::vector<TapView>& views, const Batch& batch, std::size_t b) {
      Rows quantized;
      const std::int64_t rows = sampler.add(views[0], batch_size(batch), batch.count, batch.first, quantized, job_.threads);
      if (views.size() > 1) add_outputs(step, samples, views[1], batch, -1, targets[b]);
      const bool same_rows = collected.samples == 0 || rows * collected.samples == collected.rows * batch.count;  // of each sample
      if (!same_rows) hand_over();
      collected.add(quantized, targets[b], rows, batch.count);
      targets[b].clear();
      if (collected.is_enough(sampler.groups() * sampler.columns())) hand_over();
    });
    hand_over();
    visitor_.end(graph_, step.layer);
  }

  Graph& graph_;
  const Graph float_;  // as it was: its weights are the float ones
  const SampleSource& data_;
  const SweepOptions& options_;
  const Job& job_;
  SweepVisitor& visitor_;
  const BatchPlan batches_;
  const std::int64_t samples_;  // how many are used, rounded up to a batch
  const std::size_t all_;
  Stream real_, quantized_;
};

}  // namespace

SweepReport sweep_layers(Graph& graph, const SampleSource& data, const SweepOptions& options, const Job& job, SweepVisitor& visitor) {
  return Sweep(graph, data, options, job, visitor).run();
}

}  // namespace halftone
