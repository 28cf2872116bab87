#include "operators/facts.h"

#include "operators/operator.h"

namespace halftone {

GraphFacts facts_of(const Graph& graph) {
  GraphFacts facts;
  for (NodeId id : graph.nodes()) {
    const Node& node = graph.node(id);
    ++facts.nodes;
    ++facts.operators[node.domain.empty() ? node.type : node.domain + "." + node.type];
    if (find_operator(node) == nullptr) facts.unsupported.push_back({node.name, node.type, node.version});
  }
  for (ValueId id : graph.values()) {
    const Value& value = graph.value(id);
    facts.quantizers += value.encoding ? 1 : 0;
    if (value.is_constant() && is_float(value.type) && !value.readers.empty()) facts.parameters += value.constant->size();
  }
  return facts;
}

}  // namespace halftone
