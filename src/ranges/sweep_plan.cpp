#include "ranges/sweep_plan.h"

#include <algorithm>

#include "ranges/stream.h"

namespace halftone {
namespace {

class Planner {
 public:
  Planner(const Graph& graph, const BatchShapes& shapes, std::int64_t samples, const SweepOptions& options)
      : graph_(graph), shapes_(shapes), samples_(samples), options_(options), order_(graph.topological_order()) {
    for (std::size_t i = 0; i < order_.size(); ++i) {
      place_[order_[i]] = i;
      for (ValueId input : graph.node(order_[i]).inputs) last_use_[input] = i;
    }
  }

  std::vector<SweepSegment> make() const {
    std::vector<SweepStep> steps;
    for (std::size_t i = 0; i < order_.size(); ++i) {
      const auto layer = layer_of(graph_, order_[i]);
      if (layer && has_grids(graph_, *layer)) steps.push_back({*layer, shortcut_of(*layer, i), needed_at(i), rows_of(*layer)});
    }
    std::vector<SweepSegment> segments;
    std::uint64_t target_bytes = 0;  // of the segment
    for (SweepStep& step : steps) {
      const std::int64_t samples = samples_at(step);
      const bool full = target_bytes + bytes_of_targets(step) > options_.store_bytes;
      const bool begins = segments.empty() || (can_cut_before(step) && (full || samples != segments.back().samples));
      if (begins && !segments.empty()) segments.back().end = step.before;
      if (begins) {
        segments.push_back({{}, {}, samples});
        target_bytes = 0;
      }
      target_bytes += bytes_of_targets(step);
      segments.back().samples = std::min(segments.back().samples, samples);
      segments.back().steps.push_back(std::move(step));
    }
    return segments;
  }

 private:
  ValueId shortcut_of(const Layer& layer, std::size_t place) const {
    const Node* next = graph_.only_reader(layer.output);
    if (next == nullptr || next->type != "Add") return ValueId::none;
    const ValueId other = next->input(next->input(0) == layer.output ? 1 : 0);
    if (other == layer.output || graph_.value(other).is_constant() || shape(other) != shape(layer.output)) return ValueId::none;
    const NodeId producer = graph_.value(other).producer;
    return producer == NodeId::none || place_.at(producer) < place ? other : ValueId::none;
  }

  std::vector<ValueId> needed_at(std::size_t place) const {
    std::vector<ValueId> values;
    for (const auto& [id, last] : last_use_) {
      if (id == ValueId::none || graph_.value(id).is_constant() || last < place) continue;
      const NodeId producer = graph_.value(id).producer;
      if (producer == NodeId::none || place_.at(producer) < place) values.push_back(id);
    }
    std::sort(values.begin(), values.end());
    return values;
  }

  std::int64_t rows_of(const Layer& layer) const {
    return rows_of_layer(element_count(graph_.constant(layer.weight)->shape()) / layer.channels, graph_.encoding(layer.weight)->bits, options_);
  }

  static std::uint64_t bytes_of_targets(const SweepStep& step) { return static_cast<std::uint64_t>(step.rows * step.layer.channels) * sizeof(float); }

  Shape shape(ValueId id) const {
    const auto found = shapes_.values.find(id);
    return found == shapes_.values.end() ? Shape{0} : found->second;
  }

  std::uint64_t bytes(const std::vector<ValueId>& values, Arithmetic arithmetic) const {
    std::uint64_t sum = 0;
    for (ValueId id : values) sum += static_cast<std::uint64_t>(element_count(shape(id)) / shapes_.samples) * Stream::bytes_of_element(graph_.encoding(id), arithmetic);
    return sum;
  }

  std::int64_t samples_at(const SweepStep& step) const {
    const auto fit = static_cast<std::int64_t>(options_.store_bytes / std::max<std::uint64_t>(bytes(step.before, Arithmetic::simulated), 1));
    return fit >= samples_ ? samples_ : std::clamp<std::int64_t>(fit, 1, std::min(options_.few_samples, samples_));
  }

  bool can_cut_before(const SweepStep& step) const {
    return bytes(step.before, Arithmetic::float32) * static_cast<std::uint64_t>(samples_) <= options_.store_bytes;
  }

  const Graph& graph_;
  const BatchShapes& shapes_;
  const std::int64_t samples_;
  const SweepOptions& options_;
  const std::vector<NodeId> order_;
  std::map<NodeId, std::size_t> place_;
  std::map<ValueId, std::size_t> last_use_;
};

}  // namespace

std::int64_t rows_of_layer(std::int64_t columns, int weight_bits, const SweepOptions& options) {
  const bool fine = weight_bits > 5;  // there is less to win, and the work grows with the square of the columns
  const std::int64_t most = fine ? std::min(options.rows, std::max(options.fine_rows, options.fine_elements / columns)) : options.rows;
  return std::clamp(columns * options.rows_of_column, std::min(options.least_rows, most), most);
}

std::vector<SweepSegment> plan_sweep(const Graph& graph, const BatchShapes& shapes, std::int64_t samples, const SweepOptions& options) {
  return Planner(graph, shapes, samples, options).make();
}

}  // namespace halftone
