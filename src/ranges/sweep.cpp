#include "ranges/sweep.h"

#include <algorithm>
#include <map>

#include "base/parallel.h"
#include "ranges/patches.h"
#include "ranges/stream.h"

namespace halftone {
namespace {

// Rows are handed over as soon as there are so many.
std::int64_t rows_at_once(const LayerRows& shape) {
  constexpr std::int64_t kRows = 4096, kFloats = 4 << 20;
  const std::int64_t floats_of_row = shape.width() + shape.target_width();
  return std::clamp<std::int64_t>((kFloats + floats_of_row - 1) / floats_of_row, 1, kRows);
}

class Sweep {
 public:
  Sweep(Graph& graph, const SampleSource& data, const SweepOptions& options, const Job& job, SweepVisitor& visitor)
      : graph_(graph), float_(graph), data_(data), options_(options), job_(job), visitor_(visitor),
        batches_(plan_batches(graph, data, Arithmetic::float32, job)), samples_(std::min(options.samples, data.size())),
        real_(Stream(Arithmetic::float32, data, batches_, job).spread(batches_of(samples_, batches_))),
        quantized_(Stream(Arithmetic::simulated, data, batches_, job).spread(batches_of(samples_, batches_))) {}

  SweepReport run() {
    const BatchShapes shapes = shapes_of_a_batch();
    const auto segments = plan_sweep(graph_, shapes, samples_, options_);
    SweepReport report{0, static_cast<int>(segments.size())};
    for (const SweepSegment& segment : segments) {
      report.layers += static_cast<int>(segment.steps.size());
      if (segment.samples == samples_) continue;
      report.layers_of_few += static_cast<int>(segment.steps.size());
      report.few = report.few == 0 ? segment.samples : std::min(report.few, segment.samples);
    }
    job_.start(options_.label, report.layers);
    for (const SweepSegment& segment : segments) run_segment(segment);
    job_.finish();
    return report;
  }

 private:
  // What should come out of a layer: rows of each batch, by its first sample.
  using Targets = std::map<NodeId, std::map<std::int64_t, std::vector<float>>>;

  BatchShapes shapes_of_a_batch() const {
    std::vector<ValueId> values;
    for (ValueId id : float_.values()) {
      if (!float_.value(id).is_constant() && float_.value(id).type == DataType::float32) values.push_back(id);
    }
    Session session(float_, Arithmetic::float32, job_.threads, values);
    const Batch batch = read_batch(data_, batches_, 0, job_);
    BatchShapes shapes{{}, batch_size(batch)};
    session.run(batch.inputs, [&](const TapView& view) { shapes.values[view.value] = view.shape; });
    return shapes;
  }

  std::int64_t batch_size(const Batch& batch) const { return batches_.fixed ? batches_.samples : data_.is_feeds() ? 1 : batch.count; }

  void run_segment(const SweepSegment& segment) {
    const std::size_t looked_at = batches_of(segment.samples, batches_);
    const bool all = looked_at == quantized_.batches();
    Stream steps = all ? std::move(quantized_) : quantized_.spread(looked_at);
    Targets targets = run_float(segment, steps);
    for (const SweepStep& step : segment.steps) {
      job_.at(graph_.node(step.layer.node).name);
      steps.advance(graph_, step.before);
      visit(step, segment.samples, steps, targets[step.layer.node]);
      targets.erase(step.layer.node);
      job_.advance(1);
    }
    if (segment.end.empty()) return;
    if (all) quantized_ = std::move(steps);
    quantized_.advance(graph_, segment.end);
  }

  // The float network from the beginning of the segment to its end; behind the last one, only what is looked at.
  Targets run_float(const SweepSegment& segment, const Stream& looked_at) {
    Targets targets;
    std::vector<ValueId> taps;
    for (const SweepStep& step : segment.steps) {
      for (ValueId id : {step.layer.output, step.shortcut}) {
        if (id != ValueId::none && std::find(taps.begin(), taps.end(), id) == taps.end()) taps.push_back(id);
      }
    }
    if (segment.end.empty()) real_ = real_.spread(looked_at.batches());
    real_.advance(float_, segment.end, taps, [&](const TapView& view, const Batch& batch) {
      if (!looked_at.holds(batch.first)) return;
      for (const SweepStep& step : segment.steps) {
        if (view.value == step.layer.output || view.value == step.shortcut) add_outputs(step, segment.samples, view, batch, 1, targets[step.layer.node][batch.first]);
      }
    });
    return targets;
  }

  PatchSampler sampler_of(const SweepStep& step, std::int64_t samples) const {
    return PatchSampler(graph_, step.layer, std::max<std::int64_t>(step.rows / samples, 1), options_.seed);
  }

  // rows += factor * the value's rows.
  void add_outputs(const SweepStep& step, std::int64_t samples, const TapView& view, const Batch& batch, float factor, std::vector<float>& rows) const {
    std::vector<float> more = sampler_of(step, samples).outputs(view, batch_size(batch), batch.count, batch.first, job_.threads);
    if (rows.empty()) {
      rows = std::move(more);
      return;
    }
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] += factor * more[i];
  }

  // Rows of several batches, for the visitor to take at once. The memory stays from layer to layer.
  struct Collected {
    std::vector<float> x, t;
    std::int64_t rows = 0, samples = 0;

    // Where `more` rows go.
    std::pair<float*, float*> make_room(const LayerRows& shape, std::int64_t more) {
      const std::int64_t most = std::max(rows + more, std::min(shape.rows, rows_at_once(shape)) + more);
      const auto grow = [&](std::vector<float>& values, std::int64_t width) {
        const auto needed = static_cast<std::size_t>(most * width);
        if (rows == 0 && values.size() < needed) std::vector<float>().swap(values);  // before it grows: not both at once
        values.resize(std::max(values.size(), needed));
        return values.data() + rows * width;
      };
      return {grow(x, shape.width()), grow(t, shape.target_width())};
    }
  };

  void visit(const SweepStep& step, std::int64_t samples, const Stream& stream, std::map<std::int64_t, std::vector<float>>& targets) {
    const PatchSampler sampler = sampler_of(step, samples);
    const Node* next = graph_.only_reader(step.layer.output);
    const LayerRows shape{sampler.groups(), sampler.columns(), step.layer.channels / sampler.groups(), step.rows,
                          next == nullptr ? std::nullopt : clamp_of(graph_, *next), graph_.encoding(step.layer.weight)->bits};
    visitor_.begin(step.layer, shape);
    std::vector<ValueId> values = {step.layer.data};
    if (step.shortcut != ValueId::none) values.push_back(step.shortcut);
    const auto hand_over = [&] {
      if (collected_.rows > 0) visitor_.add({collected_.x.data(), collected_.t.data(), collected_.rows, collected_.samples});
      collected_.rows = collected_.samples = 0;
    };
    stream.read(graph_, values, [&](const std::vector<TapView>& views, const Batch& batch) {
      std::vector<float>& target = targets.at(batch.first);
      const std::int64_t rows = std::ssize(target) / step.layer.channels;
      if (views.size() > 1) add_outputs(step, samples, views[1], batch, -1, target);
      const bool same_rows = collected_.samples == 0 || rows * collected_.samples == collected_.rows * batch.count;  // of each sample
      if (!same_rows) hand_over();
      const auto [x, t] = collected_.make_room(shape, rows);
      sampler.inputs(views[0], batch_size(batch), batch.count, batch.first, x, job_.threads);
      parallel_copy(target.data(), std::ssize(target), job_.threads, t);
      collected_.rows += rows;
      collected_.samples += batch.count;
      std::vector<float>().swap(target);
      if (collected_.rows >= rows_at_once(shape)) hand_over();
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
  Stream real_, quantized_;
  Collected collected_;
};

}  // namespace

std::uint64_t bytes_at_once(const LayerRows& shape, std::int64_t rows_of_batch) {
  const std::int64_t rows = std::min(shape.rows, rows_at_once(shape)) + rows_of_batch, forms = shape.groups == 1 ? 2 : 1;
  return static_cast<std::uint64_t>(forms * rows * (shape.width() + shape.target_width())) * sizeof(float);
}

SweepReport sweep_layers(Graph& graph, const SampleSource& data, const SweepOptions& options, const Job& job, SweepVisitor& visitor) {
  return Sweep(graph, data, options, job, visitor).run();
}

}  // namespace halftone
