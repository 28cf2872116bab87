#include "passes/float_islands.h"

#include <algorithm>
#include <map>

namespace halftone {
namespace {

class Islands {
 public:
  Islands(const Graph& graph, const std::function<CodeRole(const Node&)>& role) : graph_(graph), order_(graph.topological_order()) {
    for (NodeId id : order_) roles_[id] = role(graph.node(id));
  }

  std::set<NodeId> find() {
    std::set<NodeId> islands;
    for (bool found = true; found;) {
      found = false;
      follow_codes();
      for (NodeId id : order_) {
        if (roles_[id] != CodeRole::choice || (takes_codes(graph_.node(id)) && wanted_.contains(graph_.node(id).output()))) continue;
        roles_[id] = CodeRole::none;
        islands.insert(id);
        found = true;
      }
    }
    return islands;
  }

 private:
  bool takes_codes(const Node& node) const {
    return std::any_of(node.inputs.begin(), node.inputs.end(), [&](ValueId id) { return made_.contains(id); });
  }

  bool computes_codes(NodeId id) const { return roles_.at(id) == CodeRole::layer || roles_.at(id) == CodeRole::choice; }

  // Which values are made as codes, and which are wanted as codes.
  void follow_codes() {
    made_ = {graph_.inputs().begin(), graph_.inputs().end()};
    wanted_ = {graph_.outputs().begin(), graph_.outputs().end()};
    for (NodeId id : order_) {
      const Node& node = graph_.node(id);
      if (computes_codes(id) || (roles_.at(id) == CodeRole::passes && takes_codes(node))) made_.insert(node.output());
    }
    for (auto id = order_.rbegin(); id != order_.rend(); ++id) {
      const Node& node = graph_.node(*id);
      if (computes_codes(*id)) wanted_.insert(node.inputs.begin(), node.inputs.end());
      if (roles_.at(*id) == CodeRole::passes && wanted_.contains(node.output())) wanted_.insert(node.inputs.begin(), node.inputs.end());
    }
  }

  const Graph& graph_;
  const std::vector<NodeId> order_;
  std::map<NodeId, CodeRole> roles_;
  std::set<ValueId> made_, wanted_;
};

}  // namespace

std::set<NodeId> float_islands(const Graph& graph, const std::function<CodeRole(const Node&)>& role) { return Islands(graph, role).find(); }

}  // namespace halftone
