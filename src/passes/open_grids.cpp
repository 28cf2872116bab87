#include "passes/open_grids.h"

#include <algorithm>
#include <unordered_map>

namespace halftone {
namespace {

bool is_open(const Value& value) { return value.encoding && value.encoding->placed_only(); }

}  // namespace

std::vector<OpenGrid> open_grids(const Graph& graph) {
  std::vector<OpenGrid> grids;
  std::unordered_map<const Encoding*, std::size_t> place;
  const auto add = [&](ValueId id) {
    if (id == ValueId::none || !is_open(graph.value(id))) return;
    const auto [found, fresh] = place.emplace(graph.value(id).encoding.get(), grids.size());
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

}  // namespace halftone
