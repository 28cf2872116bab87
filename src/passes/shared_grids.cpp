#include "passes/shared_grids.h"

#include <algorithm>
#include <limits>
#include <unordered_map>

#include "operators/clamp.h"
#include "operators/operator.h"

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

constexpr Range kEverything = {-std::numeric_limits<float>::infinity(), std::numeric_limits<float>::infinity()};

// In which the results of a node lie, whatever its inputs.
Range bounds_of(const Graph& graph, const Node& node) {
  if (const auto clamp = clamp_of(graph, node)) return {clamp->low, clamp->high};
  const Operator* op = find_operator(node);
  return op != nullptr && op->bounds ? *op->bounds : kEverything;
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
  const Node* producer = graph.producer(grid.measured);
  const Range bounds = producer == nullptr ? kEverything : bounds_of(graph, *producer);
  if (producer != nullptr && producer->type == "Softmax") return bounds;  // probabilities: other samples reach 0 and 1
  try {
    const Range range = estimate_range(statistics, *graph.value(grid.measured).encoding, {options.activation_range, options.percentile, holds_scores(graph, grid)});
    return {std::max(range.min, std::min(bounds.min, 0.0f)), std::min(range.max, std::max(bounds.max, 0.0f))};
  } catch (const UsageError& error) {
    throw UsageError("value '{}': {}", graph.value(grid.measured).name, error.what());
  }
}

}  // namespace halftone
