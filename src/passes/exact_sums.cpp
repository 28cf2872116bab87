// Gives the inputs and the result of an addition one scale, where that loses less in all. On one scale a sum of codes is a
// code: nothing is rounded, where a result with a scale of its own rounds once more. A residual network adds again and
// again, and what its additions round stays to the end.
//
// A grid loses the mean squared error of its value, from the histogram; the grid of an exact sum what it clips alone. An
// error counts 1 / (1 + n) behind n additions: what is lost early passes through more layers (docs/decisions/0011).
// Beginning with the scales that activation_ranges chose, additions join their grids, one after the other, as long as that
// makes the sum of the losses smaller. Values that a clamp bounds from above, scores, and grids from a file stay as they are.
// Only where ranges are chosen by what they lose (`mse`). Needs samples.
#include <algorithm>
#include <limits>
#include <unordered_map>

#include "base/text.h"
#include "operators/clamp.h"
#include "passes/calibrated.h"
#include "passes/fit_bias.h"
#include "passes/shared_grids.h"
#include "ranges/scale_curve.h"

namespace halftone {
namespace {

struct Grid {
  SharedGrid shared;
  Encoding encoding;  // that it came with
  ScaleCurve curve;
  double weight;      // of its loss
};

using GridIndex = std::size_t;

struct Sum {
  GridIndex left, right, result;
};

// Grids on one scale, a rung of ScaleCurve's ladder; one alone keeps its encoding.
struct Group {
  std::vector<GridIndex> grids;
  int rung = 0;
  double loss = 0;
};

bool is_sum(const Node& node) { return node.type == "Add" && node.inputs.size() == 2; }

// Where one input is broadcast, its errors count another number of times.
bool has_like_inputs(const Graph& graph, const Node& sum) {
  const auto &left = graph.value(sum.input(0)).dims, &right = graph.value(sum.input(1)).dims;
  return !left || !right || *left == *right;
}

// The value with the grid of the result: the node's own, or that behind a clamp.
ValueId result_of(const Graph& graph, const Node& sum) {
  const ValueId output = sum.output();
  const Node* next = graph.only_reader(output);
  return graph.encoding(output) == nullptr && next != nullptr && clamp_of(graph, *next) ? next->output() : output;
}

bool is_bounded(const Graph& graph, ValueId value) {
  const Node* producer = graph.producer(value);
  const auto clamp = producer == nullptr ? std::nullopt : clamp_of(graph, *producer);
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  return clamp && (clamp->high < kInfinity || (clamp->low > -kInfinity && clamp->low != 0));
}

// The most additions on a way from the inputs to each value.
std::map<ValueId, int> sums_before(const Graph& graph) {
  std::map<ValueId, int> sums = {{ValueId::none, 0}};
  for (NodeId id : graph.topological_order()) {
    const Node& node = graph.node(id);
    int most = 0;
    for (ValueId input : node.inputs) most = std::max(most, sums[input]);
    for (ValueId output : node.outputs) {
      if (output != ValueId::none) sums[output] = most + (is_sum(node) ? 1 : 0);
    }
  }
  return sums;
}

class SumScales {
 public:
  SumScales(const Graph& graph, const PassContext& context) {
    find_grids(graph, context);
    find_sums(graph);
    for (GridIndex g = 0; g < grids_.size(); ++g) {
      group_of_.push_back(g);
      groups_.push_back({{g}, 0, grids_[g].weight * grids_[g].curve.on(grids_[g].encoding)});
    }
  }

  void join() {
    for (bool joined = true; joined;) {
      joined = false;
      for (const Sum& sum : sums_) joined = join_grids_of(sum) || joined;
    }
  }

  void write(Graph& graph) {
    for (const Group& group : groups_) {
      if (group.grids.size() < 2) continue;
      for (GridIndex g : group.grids) {
        Encoding encoding = grids_[g].encoding;
        encoding.scale = {ScaleCurve::scale_of(group.rung)};
        encoding.zero_point = {grids_[g].curve.at(group.rung).zero_point};
        const auto shared = std::make_shared<const Encoding>(std::move(encoding));
        for (ValueId id : grids_[g].shared.values) graph.edit(id).encoding = shared;
      }
    }
  }

  std::ptrdiff_t sums() const { return std::ssize(sums_); }
  std::ptrdiff_t exact_sums() const {
    return std::count_if(sums_.begin(), sums_.end(), [&](const Sum& sum) { return parts_of(sum).size() == 1; });
  }

 private:
  void find_grids(const Graph& graph, const PassContext& context) {
    std::map<ValueId, int> sums = sums_before(graph);
    for (const SharedGrid& shared : settled_grids(graph)) {
      const ValueId measured = shared.measured;
      const auto found = context.calibration->statistics.find(measured);
      if (found == context.calibration->statistics.end() || found->second.histogram.empty()) continue;
      if (holds_scores(graph, shared) || is_bounded(graph, measured) || context.given.contains(measured)) continue;
      const Encoding& encoding = *graph.encoding(measured);
      place_.emplace(&encoding, grids_.size());
      grids_.push_back({shared, encoding, ScaleCurve(expected_bins(found->second), encoding), 1.0 / (1 + sums[measured])});
    }
  }

  void find_sums(const Graph& graph) {
    const auto grid_of = [&](ValueId value) {
      const auto found = place_.find(graph.encoding(value));
      return found == place_.end() ? std::nullopt : std::optional(found->second);
    };
    for (NodeId id : graph.topological_order()) {
      const Node& node = graph.node(id);
      if (!is_sum(node) || !has_like_inputs(graph, node)) continue;
      const auto left = grid_of(node.input(0)), right = grid_of(node.input(1)), result = grid_of(result_of(graph, node));
      if (left && right && result) sums_.push_back({*left, *right, *result});
    }
  }

  // The groups that a sum would join.
  std::set<std::size_t> parts_of(const Sum& sum) const { return {group_of_[sum.left], group_of_[sum.right], group_of_[sum.result]}; }

  bool join_grids_of(const Sum& sum) {
    const std::set<std::size_t> parts = parts_of(sum);
    if (parts.size() == 1) return false;
    std::vector<GridIndex> grids;
    double apart = 0;
    for (std::size_t part : parts) {
      grids.insert(grids.end(), groups_[part].grids.begin(), groups_[part].grids.end());
      apart += groups_[part].loss;
    }
    Group joined = on_best_scale(std::move(grids));
    if (joined.loss >= apart) return false;
    const std::size_t home = *parts.begin();
    for (std::size_t part : parts) groups_[part] = {};
    for (GridIndex g : joined.grids) group_of_[g] = home;
    groups_[home] = std::move(joined);
    return true;
  }

  // From the finest scale of the grids to four times the coarsest.
  Group on_best_scale(std::vector<GridIndex> grids) {
    int low = std::numeric_limits<int>::max(), high = std::numeric_limits<int>::min();
    for (GridIndex g : grids) {
      const int own = ScaleCurve::rung_near(grids_[g].encoding.scale[0]);
      low = std::min(low, own);
      high = std::max(high, own + 2 * ScaleCurve::kRungsInOctave);
    }
    const std::set<GridIndex> exact = results_within({grids.begin(), grids.end()});
    Group best{std::move(grids), low, std::numeric_limits<double>::infinity()};
    for (int rung = low; rung <= high; ++rung) {
      double loss = 0;
      for (GridIndex g : best.grids) {
        const ScaleCurve::Loss& own = grids_[g].curve.at(rung);
        loss += grids_[g].weight * (exact.contains(g) ? own.clipped : own.whole);
      }
      if (loss >= best.loss) continue;
      best.loss = loss;
      best.rung = rung;
    }
    return best;
  }

  // Of sums whose grids are all among the members.
  std::set<GridIndex> results_within(const std::set<GridIndex>& members) const {
    std::set<GridIndex> results;
    for (const Sum& sum : sums_) {
      if (members.contains(sum.left) && members.contains(sum.right) && members.contains(sum.result)) results.insert(sum.result);
    }
    return results;
  }

  std::vector<Grid> grids_;
  std::unordered_map<const Encoding*, GridIndex> place_;
  std::vector<Sum> sums_;
  std::vector<std::size_t> group_of_;  // one a grid
  std::vector<Group> groups_;          // those that joined others are empty
};

PassReport exact_sums(Graph& graph, PassContext& context) {
  PassReport report;
  if (!context.calibration) return report;
  SumScales scales(graph, context);
  scales.join();
  scales.write(graph);
  report.changed = static_cast<int>(scales.exact_sums());
  if (scales.sums() > 0) report.summary = fmt::format("{} of {} on one scale", report.changed, counted(scales.sums(), "sum"));
  if (report.changed == 0) return report;
  for (const Layer& layer : layers_of(graph)) fit_bias(graph, layer, context, report);
  return report;
}

}  // namespace

extern const Pass kExactSums{"exact_sums", "gives an addition's inputs and result one scale where that loses less", Needs::samples, exact_sums,
                             [](const QuantizeOptions& options) { return options.activation_range == RangeMethod::mse; }};

}  // namespace halftone
