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
    for (const auto& [name, attribute] : node.attributes.all()) {
      const auto* body = std::get_if<std::shared_ptr<const Graph>>(&attribute);
      if (body == nullptr) continue;
      const GraphFacts inner = facts_of(**body);
      facts.unsupported.insert(facts.unsupported.end(), inner.unsupported.begin(), inner.unsupported.end());
    }
  }
  for (ValueId id : graph.values()) {
    const Value& value = graph.value(id);
    facts.quantizers += value.encoding ? 1 : 0;
    if (value.is_constant() && is_float(value.type) && !value.readers.empty()) facts.parameters += value.constant->size();
  }
  return facts;
}

}  // namespace halftone
