// Takes the grid off a concatenation whose inputs differ too much for one: beside boxes of 0..640, 8 bits leave nothing of
// scores of 0..1. The Concat, and what only moves its values on, are float then; each input keeps the grid it is made on.
//   - Only where nothing computes on codes behind it: the values reach graph outputs and float operators alone.
//   - An input is too small where another reaches 2^(bits - 4) times as far on the samples (16 times at 8 bits): it would
//     keep 4 bits of its own. One that is always 0 loses nothing.
//   - A Concat that takes the values of such a one follows it.
//   - Grids that the file of --load-encodings gives stay.
//   - Grids that stood between a float operator and such a Concat go as well.
// Needs samples. Warns of each Concat.
#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "operators/operator.h"
#include "passes/calibrated.h"
#include "passes/pass.h"
#include "passes/shared_grids.h"

namespace halftone {
namespace {

constexpr int kLeastBits = 4;  // that an input must keep of its own

class FreeingConcats {
 public:
  FreeingConcats(Graph& graph, PassContext& context) : graph_(graph), context_(context) {
    for (const FloatLayer& layer : context.float_layers) float_.insert(layer.node);
  }

  PassReport run() {
    std::vector<NodeId> concats;
    for (NodeId id : graph_.topological_order()) {
      if (graph_.node(id).type == "Concat" && is_open(graph_.node(id).output())) concats.push_back(id);
    }
    if (concats.empty()) return {};
    measure();
    for (NodeId id : concats) consider(graph_.node(id));
    for (const Encoding* grid : in_vain()) take_off(grid);
    if (report_.changed > 0) report_.summary = counted(report_.changed, "concatenation") + " left in float";
    return std::move(report_);
  }

 private:
  using Grids = std::set<const Encoding*>;

  bool is_open(ValueId id) const { return graph_.encoding(id) != nullptr && graph_.encoding(id)->placed_only(); }

  bool is_given(const Encoding* grid) const {
    if (context_.encodings == nullptr) return false;
    const std::vector<EncodingsEntry>& entries = context_.encodings->entries;
    const auto names = [&](ValueId id) { return std::any_of(entries.begin(), entries.end(), [&](const EncodingsEntry& entry) { return !entry.is_float && entry.name == graph_.value(id).name; }); };
    return std::any_of(values_.at(grid).begin(), values_.at(grid).end(), names);
  }

  // How far from 0 the values of each grid reach.
  void measure() {
    const std::map<ValueId, ValueStatistics>& statistics = calibrated(graph_, context_).statistics;
    for (const SharedGrid& grid : open_grids(graph_)) {
      kept_.push_back(graph_.value(grid.measured).encoding);  // an address stays one grid's
      values_[kept_.back().get()] = grid.values;
      if (const auto found = statistics.find(grid.measured); found != statistics.end()) {
        const Range range = found->second.histogram.range();
        reach_[kept_.back().get()] = std::max(std::fabs(range.min), std::fabs(range.max));
      }
    }
  }

  void consider(const Node& concat) {
    const Encoding* grid = graph_.encoding(concat.output());
    const std::string wide = too_wide(concat, grid->bits);
    const bool follows = std::any_of(concat.inputs.begin(), concat.inputs.end(), [&](ValueId id) { return freed_values_.contains(id); });
    if ((wide.empty() && !follows) || !is_read_in_float(grid) || is_given(grid)) return;
    context_.float_layers.push_back({concat.name, concat.type, wide.empty() ? "it takes the values of another Concat that is float" : wide});
    float_.insert(concat.name);
    if (!wide.empty()) context_.warnings.push_back(fmt::format("{} stays in float: {}", describe(concat), wide));
    candidates_.insert(concat.inputs.begin(), concat.inputs.end());
    take_off(grid);
    ++report_.changed;
  }

  // Why the inputs do not fit on one grid; empty: they do.
  std::string too_wide(const Node& concat, int bits) const {
    ValueId least = ValueId::none, most = ValueId::none;
    for (ValueId id : concat.inputs) {
      const float reach = reach_of(id);
      if (reach == 0) continue;
      if (least == ValueId::none || reach < reach_of(least)) least = id;
      if (most == ValueId::none || reach > reach_of(most)) most = id;
    }
    if (least == ValueId::none || reach_of(most) <= std::ldexp(reach_of(least), std::max(bits - kLeastBits, kLeastBits))) return "";
    return fmt::format("its input '{}' reaches {:.3g}, '{}' only {:.3g}, of which one grid of {} bits would leave little", graph_.value(most).name, reach_of(most),
                       graph_.value(least).name, reach_of(least), bits);
  }

  float reach_of(ValueId id) const {
    const auto found = reach_.find(graph_.encoding(id));
    return found == reach_.end() ? 0 : found->second;
  }

  bool only_moves(const Node& node) const { return context_.target.same_grid.contains(node.type) && moves_values(node); }

  // Whether the values on the grid reach graph outputs and float operators alone.
  bool is_read_in_float(const Encoding* grid) const {
    const std::vector<ValueId>& values = values_.at(grid);
    return std::all_of(values.begin(), values.end(), [&](ValueId id) {
      const std::vector<NodeId>& readers = graph_.value(id).readers;
      return std::all_of(readers.begin(), readers.end(), [&](NodeId reader) { return reads_in_float(graph_.node(reader), grid); });
    });
  }

  bool reads_in_float(const Node& reader, const Encoding* grid) const {
    if (float_.contains(reader.name)) return true;
    const Encoding* made = graph_.encoding(reader.output());
    if (only_moves(reader)) return made == nullptr || made == grid;
    return reader.type == "Concat" && made != nullptr && values_.contains(made) && is_read_in_float(made);
  }

  // Grids of what float operators make and only float operators read now.
  Grids in_vain() const {
    Grids grids;
    for (ValueId id : candidates_) {
      const Encoding* grid = graph_.encoding(id);
      const auto values = values_.find(grid);
      if (values == values_.end() || !is_read_in_float(grid)) continue;
      const Node* producer = graph_.producer(values->second.front());
      if (producer != nullptr && float_.contains(producer->name)) grids.insert(grid);
    }
    return grids;
  }

  void take_off(const Encoding* grid) {
    for (ValueId id : values_.at(grid)) {
      graph_.edit(id).encoding = nullptr;
      context_.placement.erase(id);
      freed_values_.insert(id);
    }
  }

  Graph& graph_;
  PassContext& context_;
  PassReport report_;
  std::set<std::string> float_;  // nodes
  std::vector<std::shared_ptr<const Encoding>> kept_;
  std::map<const Encoding*, std::vector<ValueId>> values_;
  std::map<const Encoding*, float> reach_;
  std::set<ValueId> freed_values_, candidates_;
};

PassReport free_concats(Graph& graph, PassContext& context) { return FreeingConcats(graph, context).run(); }

}  // namespace

extern const Pass kFreeConcats{"free_concats", "leaves concatenations in float whose inputs differ too much for one grid", Needs::samples, free_concats};

}  // namespace halftone
