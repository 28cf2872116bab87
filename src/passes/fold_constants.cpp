// Evaluates nodes whose inputs are all constants, and removes Identity and Dropout nodes that carry no grid of their own.
// Needs nothing. Keeps the float outputs to the bit.
#include <algorithm>

#include "base/text.h"
#include "operators/operator.h"
#include "passes/pass.h"

namespace halftone {
namespace {

constexpr std::int64_t kLargestResult = 256 << 20;  // bytes

bool is_foldable(const Graph& graph, const Node& node) {
  const Operator* op = find_operator(node);
  if (op == nullptr || op->reference == nullptr || (node.inputs.empty() && node.type != "Constant")) return false;
  if (std::any_of(node.outputs.begin(), node.outputs.end(), [&](ValueId id) { return graph.is_output(id); })) return false;
  return std::all_of(node.inputs.begin(), node.inputs.end(), [&](ValueId id) {
    return id == ValueId::none || (graph.constant(id) != nullptr && graph.encoding(id) == nullptr);
  });
}

// False: its result is too large to be stored.
bool fold(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const Operator* op = find_operator(node);
  std::vector<Operand> operands;
  for (ValueId input : node.inputs) {
    const Tensor* tensor = graph.constant(input);
    operands.push_back(tensor == nullptr ? Operand{} : Operand{true, tensor->type(), tensor->shape(), tensor});
  }
  const Call call{node, operands};
  const auto specs = shapes_of(*op, call);
  HALFTONE_CHECK(specs.has_value());
  for (const TensorSpec& spec : *specs) {
    if (element_count(spec.shape) * static_cast<std::int64_t>(size_of(spec.type)) > kLargestResult) return false;
  }
  std::vector<Tensor> outputs = computed(*op, call, *specs);
  const std::vector<ValueId> made = node.outputs;
  for (std::size_t i = 0; i < made.size(); ++i) {
    if (made[i] == ValueId::none) continue;
    const std::string name = graph.value(made[i]).name;
    graph.edit(made[i]).name = name + "_folded";
    graph.replace_uses(made[i], graph.add_constant(name, std::move(outputs[i])));
  }
  graph.remove_node(id);
  return true;
}

bool is_idle(const Graph& graph, const Node& node) {
  if (node.type != "Identity" && node.type != "Dropout") return false;
  if (node.output(1) != ValueId::none || node.input(2) != ValueId::none) return false;  // a mask, or a mode, is asked for
  const Value &in = graph.value(node.input(0)), &out = graph.value(node.output());
  if (out.encoding) return false;
  return !graph.is_output(out.id) || (in.producer != NodeId::none && !graph.is_output(in.id));
}

PassReport fold_constants(Graph& graph, PassContext&) {
  PassReport report;
  for (NodeId id : graph.topological_order()) {
    const Node& node = graph.node(id);
    if (is_foldable(graph, node)) {
      try {
        report.changed += fold(graph, id) ? 1 : 0;
      } catch (const Error& error) {
        throw Error("{}: {}", describe(node), error.what());
      }
    } else if (is_idle(graph, node)) {
      graph.bypass(id);
      ++report.changed;
    }
  }
  graph.remove_unused_nodes();
  if (report.changed > 0) report.summary = counted(report.changed, "node") + " folded";
  return report;
}

}  // namespace

extern const Pass kFoldConstants{"fold_constants", "evaluates what depends on constants alone", Needs::nothing, fold_constants};

}  // namespace halftone
