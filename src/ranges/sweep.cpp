#include "ranges/sweep.h"

#include <algorithm>
#include <limits>
#include <map>

#include "base/parallel.h"
#include "evaluation/batches.h"
#include "kernels/layout.h"
#include "kernels/quantize.h"

namespace halftone {
namespace {

constexpr std::int64_t kFewColumns = 64;

// A value of both networks for all samples.
struct StoredValue {
  Shape each;                         // of one sample, without the batch axis
  std::vector<float> real;            // x
  std::vector<std::uint8_t> codes;    // x^ on a grid of at most 8 bits: code - code_min
  std::vector<float> quantized;       // x^ otherwise
};

bool fits_bytes(const Encoding* grid) { return grid != nullptr && !grid->per_channel() && grid->bits <= 8; }

// The layers between two cuts.
struct Segment {
  std::vector<ValueId> begin, end;  // values kept at the cuts; end of the last segment: none
  std::vector<Layer> layers;
};

class Segments {
 public:
  // `elements`: of one sample of each value; values that are not there cannot be kept.
  Segments(const Graph& graph, const std::map<ValueId, std::int64_t>& elements, std::int64_t samples, std::uint64_t store_bytes)
      : graph_(graph), elements_(elements), samples_(samples), store_bytes_(store_bytes), order_(graph.topological_order()) {
    for (std::size_t i = 0; i < order_.size(); ++i) {
      place_[order_[i]] = i;
      for (ValueId input : graph.node(order_[i]).inputs) last_use_[input] = i;
    }
  }

  std::vector<Segment> make() const {
    std::vector<Segment> segments;
    Segment now;
    now.begin = graph_.inputs();
    std::optional<std::size_t> cut;
    std::uint64_t cut_bytes = 0;
    for (std::size_t i = 0; i < order_.size(); ++i) {
      const auto layer = layer_of(graph_, order_[i]);
      if (layer && is_quantized(graph_, *layer)) {
        if (cut) segments.push_back(closed(now, *cut));
        cut.reset();
        now.layers.push_back(*layer);
      }
      if (now.layers.empty()) continue;
      const std::uint64_t here = bytes(live(i));
      if (here > store_bytes_ || (cut && here > cut_bytes)) continue;
      cut = i;
      cut_bytes = here;
    }
    if (!now.layers.empty()) segments.push_back(now);
    return segments;
  }

 private:
  Segment closed(Segment& now, std::size_t cut) const {
    Segment done = now;
    done.end = live(cut);
    now = {done.end, {}, {}};
    return done;
  }

  std::vector<ValueId> live(std::size_t position) const {
    std::vector<ValueId> values;
    for (const auto& [id, last] : last_use_) {
      if (id == ValueId::none || graph_.value(id).is_constant() || last <= position) continue;
      const NodeId producer = graph_.value(id).producer;
      if (producer == NodeId::none || place_.at(producer) <= position) values.push_back(id);
    }
    std::sort(values.begin(), values.end());
    return values;
  }

  std::uint64_t bytes(const std::vector<ValueId>& values) const {
    std::uint64_t sum = 0;
    for (ValueId id : values) {
      const auto found = elements_.find(id);
      if (found == elements_.end()) return std::numeric_limits<std::uint64_t>::max();
      sum += static_cast<std::uint64_t>(found->second * samples_) * (fits_bytes(graph_.encoding(id)) ? 5 : 8);
    }
    return sum;
  }

  const Graph& graph_;
  const std::map<ValueId, std::int64_t>& elements_;
  const std::int64_t samples_;
  const std::uint64_t store_bytes_;
  const std::vector<NodeId> order_;
  std::map<NodeId, std::size_t> place_;
  std::map<ValueId, std::size_t> last_use_;
};

class Sweep {
 public:
  Sweep(Graph& graph, const SampleSource& data, const SweepOptions& options, const Job& job, SweepVisitor& visitor)
      : graph_(graph), real_(graph), data_(data), options_(options), job_(job), quiet_(job), visitor_(visitor),
        batches_(plan_batches(graph, data, Arithmetic::float32, job)) {
    quiet_.progress = nullptr;
  }

  SweepReport run() {
    const std::vector<Segment> segments = Segments(graph_, elements_of_values(), data_.size(), options_.store_bytes).make();
    SweepReport report;
    for (const Segment& segment : segments) report.layers += static_cast<int>(segment.layers.size());
    job_.start("rounding", report.layers);
    for (const Segment& segment : segments) {
      run_segment(segment);
      ++report.segments;
    }
    job_.finish();
    return report;
  }

 private:
  // Elements of a sample of each float value whose first axis is the batch: those that can be kept.
  std::map<ValueId, std::int64_t> elements_of_values() const {
    std::map<ValueId, std::int64_t> elements;
    if (data_.is_feeds()) return elements;
    std::vector<ValueId> values;
    for (ValueId id : real_.values()) {
      if (!real_.value(id).is_constant() && real_.value(id).type == DataType::float32) values.push_back(id);
    }
    Session session(real_, Arithmetic::float32, job_.threads, values);
    for_each_batch(data_, batches_, quiet_, "", 1, [&](const Batch& batch) {
      const std::int64_t rows = batch.inputs.front().shape().at(0);
      session.run(batch.inputs, [&](const TapView& view) {
        if (!view.shape.empty() && view.shape[0] == rows) elements[view.value] = element_count(view.shape) / rows;
      });
    });
    return elements;
  }

  bool is_kept(ValueId id) const { return store_.contains(id); }

  // A segment's float values first, once; then layer by layer the quantized ones.
  void run_segment(const Segment& segment) {
    std::vector<ValueId> taps;
    for (const Layer& layer : segment.layers) {
      if (!is_kept(layer.data) && std::find(taps.begin(), taps.end(), layer.data) == taps.end()) taps.push_back(layer.data);
    }
    std::map<ValueId, StoredValue> next;
    for (ValueId id : segment.end) {
      if (is_kept(id)) next[id] = store_.at(id);
    }
    std::map<NodeId, Rows> rows = run_float(segment, taps, next);
    for (const Layer& layer : segment.layers) {
      visit(segment, layer, rows[layer.node]);
      rows.erase(layer.node);
      job_.advance(1);
    }
    run_quantized(segment, next);
    store_ = std::move(next);
  }

  PatchSampler sampler_of(const Layer& layer) const {
    const bool few = element_count(graph_.constant(layer.weight)->shape()) / layer.channels <= kFewColumns;
    const bool grouped = graph_.node(layer.node).attributes.integer("group", 1) > 1;
    const std::int64_t rows = few && grouped ? options_.few_columns_rows : options_.rows;
    const bool inner = !is_kept(layer.data);
    const std::int64_t samples = inner ? inner_samples() : data_.size(), most = inner ? options_.positions * 4 : options_.positions;
    return PatchSampler(graph_, layer, std::clamp<std::int64_t>(rows / samples, 1, most), options_.seed);
  }

  std::int64_t inner_samples() const { return std::min(options_.inner_samples, data_.size()); }

  std::vector<ValueId> missing(const std::vector<ValueId>& values) const {
    std::vector<ValueId> result;
    std::copy_if(values.begin(), values.end(), std::back_inserter(result), [&](ValueId id) { return !is_kept(id); });
    return result;
  }

  // Rows of the layers that read values inside the segment, and the real numbers at its end.
  std::map<NodeId, Rows> run_float(const Segment& segment, const std::vector<ValueId>& taps, std::map<ValueId, StoredValue>& next) {
    std::map<NodeId, Rows> rows;
    std::vector<ValueId> wanted = missing(segment.end);
    for (ValueId tap : taps) {
      if (std::find(wanted.begin(), wanted.end(), tap) == wanted.end()) wanted.push_back(tap);
    }
    if (wanted.empty()) return rows;
    Graph part = real_;
    part.cut_to(segment.begin, wanted);
    std::vector<ValueId> watched = taps;
    for (ValueId id : missing(segment.end)) {
      if (std::find(watched.begin(), watched.end(), id) == watched.end()) watched.push_back(id);
    }
    Session session(part, Arithmetic::float32, job_.threads, watched);
    const std::int64_t most = segment.end.empty() ? inner_samples() : data_.size();
    for_each_input(segment.begin, false, most, [&](const Batch& batch, std::int64_t size) {
      const std::int64_t looked_at = std::min(batch.count, inner_samples() - batch.first);
      session.run(batch.inputs, [&](const TapView& view) {
        for (const Layer& layer : segment.layers) {
          if (layer.data == view.value && looked_at > 0) sampler_of(layer).add(view, size, looked_at, batch.first, rows[layer.node], job_.threads);
        }
        if (std::find(segment.end.begin(), segment.end.end(), view.value) != segment.end.end()) keep_real(view, size, batch, next[view.value]);
      });
    });
    return rows;
  }

  void visit(const Segment& segment, const Layer& layer, const Rows& inner) {
    const PatchSampler sampler = sampler_of(layer);
    visitor_.begin(layer, sampler.groups(), sampler.columns());
    if (is_kept(layer.data)) visit_kept(layer, sampler);
    else visit_inner(segment, layer, sampler, inner);
    visitor_.end(graph_, layer);
  }

  void visit_kept(const Layer& layer, const PatchSampler& sampler) {
    for (std::int64_t first = 0; first < data_.size(); first += batches_.samples) {
      job_.throw_if_cancelled();
      const std::int64_t count = std::min(batches_.samples, data_.size() - first);
      const Tensor x = kept_tensor(layer.data, first, count, false), quantized = kept_tensor(layer.data, first, count, true);
      Rows a, b;
      const auto view = [&](const Tensor& t) { return TapView{layer.data, t.values<float>().data(), t.shape(), false, nullptr}; };
      sampler.add(view(x), count, count, first, a, job_.threads);
      const std::int64_t rows = sampler.add(view(quantized), count, count, first, b, job_.threads);
      visitor_.add(a, b, rows);
    }
  }

  void visit_inner(const Segment& segment, const Layer& layer, const PatchSampler& sampler, const Rows& inner) {
    Graph part = graph_;
    part.cut_to(segment.begin, {layer.data});
    Session session(part, Arithmetic::simulated, job_.threads, {layer.data});
    std::size_t used = 0;
    for_each_input(segment.begin, true, inner_samples(), [&](const Batch& batch, std::int64_t size) {
      Rows b;
      std::int64_t rows = 0;
      const std::int64_t looked_at = std::min(batch.count, inner_samples() - batch.first);
      session.run(batch.inputs, [&](const TapView& view) { rows = sampler.add(view, size, looked_at, batch.first, b, job_.threads); });
      Rows a(inner.size());
      const auto length = static_cast<std::size_t>(rows * sampler.columns());
      for (std::size_t g = 0; g < inner.size(); ++g) a[g].assign(inner[g].begin() + static_cast<std::ptrdiff_t>(used), inner[g].begin() + static_cast<std::ptrdiff_t>(used + length));
      used += length;
      visitor_.add(a, b, rows);
    });
  }

  void run_quantized(const Segment& segment, std::map<ValueId, StoredValue>& next) {
    const std::vector<ValueId> wanted = missing(segment.end);
    if (wanted.empty()) return;
    Graph part = graph_;
    part.cut_to(segment.begin, wanted);
    Session session(part, Arithmetic::simulated, job_.threads, wanted);
    for_each_input(segment.begin, true, data_.size(), [&](const Batch& batch, std::int64_t size) {
      session.run(batch.inputs, [&](const TapView& view) { keep_quantized(view, size, batch, next[view.value]); });
    });
  }

  // Calls body(batch, samples in its tensors) with a segment's inputs: read from the data, or from what is kept.
  template <typename Body>
  void for_each_input(const std::vector<ValueId>& values, bool quantized, std::int64_t most, const Body& body) {
    const bool kept = std::all_of(values.begin(), values.end(), [&](ValueId id) { return is_kept(id); });
    if (!kept) {
      for_each_batch(data_, batches_, quiet_, "", most, [&](const Batch& batch) { body(batch, data_.is_feeds() ? 1 : batch.inputs.front().shape().at(0)); });
      return;
    }
    for (std::int64_t first = 0; first < most; first += batches_.samples) {
      job_.throw_if_cancelled();
      const std::int64_t count = std::min(batches_.samples, data_.size() - first), size = batches_.fixed ? batches_.samples : count;
      Batch batch{{}, first, count, size > count};
      for (ValueId id : values) batch.inputs.push_back(kept_tensor(id, first, size, quantized));
      body(batch, size);
    }
  }

  // `size` samples from `first` on; beyond the last one it is repeated.
  Tensor kept_tensor(ValueId id, std::int64_t first, std::int64_t size, bool quantized) const {
    const StoredValue& value = store_.at(id);
    Shape shape = {size};
    shape.insert(shape.end(), value.each.begin(), value.each.end());
    Tensor tensor(DataType::float32, shape);
    const std::int64_t each = element_count(value.each);
    std::span<float> out = tensor.mutable_values<float>();
    const Encoding* grid = graph_.encoding(id);
    parallel_for(size, job_.threads, [&](std::int64_t s) {
      const std::int64_t from = std::min(first + s, data_.size() - 1) * each;
      float* to = &out[static_cast<std::size_t>(s * each)];
      if (!quantized || value.codes.empty()) {
        const std::vector<float>& numbers = quantized ? value.quantized : value.real;
        std::copy_n(numbers.begin() + from, each, to);
        return;
      }
      const float scale = grid->scale[0];
      const std::int32_t shift = grid->code_min() - grid->zero_point[0];
      for (std::int64_t i = 0; i < each; ++i) to[i] = scale * static_cast<float>(value.codes[static_cast<std::size_t>(from + i)] + shift);
    });
    return tensor;
  }

  // Calls store(position of the sample's first number, its numbers in plain order) for the batch's first `count` samples.
  template <typename Store>
  void for_each_sample(const TapView& view, std::int64_t size, std::int64_t first, std::int64_t count, StoredValue& value, const Store& store) const {
    value.each.assign(view.shape.begin() + 1, view.shape.end());
    const std::int64_t each = element_count(view.shape) / size;
    const ChannelWalk walk = channel_walk(view.shape, view.channels_last ? 1 : Encoding::kPerTensor);
    parallel_for(count, job_.threads, [&](std::int64_t s) {
      const float* from = view.data + s * each;
      const auto at = static_cast<std::size_t>((first + s) * each);
      if (!view.channels_last) return store(at, std::span<const float>(from, static_cast<std::size_t>(each)));
      std::vector<float> plain(static_cast<std::size_t>(each));
      transpose_inner(from, 1, walk.inner, walk.channels, plain.data(), 1);
      store(at, std::span<const float>(plain));
    });
  }

  void keep_real(const TapView& view, std::int64_t size, const Batch& batch, StoredValue& value) const {
    value.real.resize(static_cast<std::size_t>(data_.size() * element_count(view.shape) / size));
    for_each_sample(view, size, batch.first, batch.count, value, [&](std::size_t at, std::span<const float> x) { std::copy(x.begin(), x.end(), &value.real[at]); });
  }

  void keep_quantized(const TapView& view, std::int64_t size, const Batch& batch, StoredValue& value) const {
    const auto all = static_cast<std::size_t>(data_.size() * element_count(view.shape) / size);
    const Encoding* grid = graph_.encoding(view.value);
    if (view.codes == nullptr || !fits_bytes(grid)) {
      value.quantized.resize(all);
      const float scale = view.codes != nullptr ? view.codes->scale[0] : 1.0f;
      for_each_sample(view, size, batch.first, batch.count, value, [&](std::size_t at, std::span<const float> x) { scale_values(x.data(), std::ssize(x), scale, &value.quantized[at]); });
      return;
    }
    value.codes.resize(all);
    const std::int32_t shift = grid->zero_point[0] - grid->code_min();
    for_each_sample(view, size, batch.first, batch.count, value, [&](std::size_t at, std::span<const float> x) {
      for (std::size_t i = 0; i < x.size(); ++i) value.codes[at + i] = static_cast<std::uint8_t>(static_cast<std::int32_t>(x[i]) + shift);
    });
  }

  Graph& graph_;
  const Graph real_;  // as it was: its weights are the float ones
  const SampleSource& data_;
  const SweepOptions& options_;
  const Job& job_;
  Job quiet_;
  SweepVisitor& visitor_;
  const BatchPlan batches_;
  std::map<ValueId, StoredValue> store_;  // at the cut before the segment
};

}  // namespace

SweepReport sweep_layers(Graph& graph, const SampleSource& data, const SweepOptions& options, const Job& job, SweepVisitor& visitor) {
  return Sweep(graph, data, options, job, visitor).run();
}

}  // namespace halftone
