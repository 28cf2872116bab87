#include "passes/shared_grids.h"

#include <algorithm>
#include <unordered_map>

namespace halftone {
namespace {

std::vector<SharedGrid> grids_of(const Graph& graph, bool open) {
  std::vector<SharedGrid> grids;
  std::unordered_map<const Encoding*, std::size_t> place;
  const auto add = [&](ValueId id) {
    const Encoding* encoding = graph.encoding(id);
    if (encoding == nullptr || encoding->placed_only() != open) return;
    const auto [found, fresh] = place.emplace(encoding, grids.size());
    if (fresh) grids.push_back({id, {}});
    std::vector<ValueId>& values = grids[found->second].values;
    if (std::find(values.begin(), values.end(), id) == values.end()) values.push_back(id);
  };
  for (ValueId id : graph.inputs()) add(id);
  for (NodeId id : graph.topological_order()) {
    for (ValueId input : graph.node(id).inputs) add(input);
    for (ValueId output : graph.node(id).outputs) add(output);
  }
  return grids;
}

}  // namespace

std::vector<SharedGrid> open_grids(const Graph& graph) { return grids_of(graph, true); }

std::vector<SharedGrid> settled_grids(const Graph& graph) { return grids_of(graph, false); }

bool holds_scores(const Graph& graph, const SharedGrid& grid) {
  return std::any_of(grid.values.begin(), grid.values.end(), [&](ValueId id) {
    if (graph.is_output(id)) return true;
    const std::vector<NodeId>& readers = graph.value(id).readers;
    return std::any_of(readers.begin(), readers.end(), [&](NodeId reader) { return graph.node(reader).type == "Softmax"; });
  });
}

Range estimated_range(const Graph& graph, const SharedGrid& grid, const ValueStatistics& statistics, const QuantizeOptions& options) {
  try {
    return estimate_range(statistics, *graph.value(grid.measured).encoding, {options.activation_range, options.percentile, holds_scores(graph, grid)});
  } catch (const UsageError& error) {
    throw UsageError("value '{}': {}", graph.value(grid.measured).name, error.what());
  }
}

}  // namespace halftone
