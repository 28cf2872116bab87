// Evaluates nodes whose inputs are all constants, and removes Identity and Dropout nodes that carry no grid of their own. A table
// that a Gather reads by rows and a MatMul transposed stays one constant: the Gather reads columns of the transposed one.
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

bool transposes_a_matrix(const Graph& graph, const Node& node) {
  if (node.type != "Transpose") return false;
  const Tensor* matrix = graph.constant(node.input(0));
  return matrix != nullptr && matrix->rank() == 2 && node.attributes.integers("perm", {1, 0}) == std::vector<std::int64_t>{1, 0};
}

bool is_multiplied(const Graph& graph, ValueId matrix) {
  const std::vector<NodeId>& readers = graph.value(matrix).readers;
  return std::any_of(readers.begin(), readers.end(), [&](NodeId reader) { return graph.node(reader).type == "MatMul" && graph.node(reader).input(1) == matrix; });
}

// Gather(table, rows) = Transpose(Gather(table^T, rows, axis 1)): then the table has no other reader than its transposition.
void gather_columns(Graph& graph, NodeId id, ValueId transposed) {
  const Node& node = graph.node(id);
  const std::vector<Dimension>& rows = *graph.value(node.input(1)).dims;
  const std::string name = graph.value(node.output()).name;
  Node gather{.name = graph.unique_node_name(node.name + "_columns"), .type = "Gather", .version = node.version, .inputs = {transposed, node.input(1)}};
  gather.attributes.set("axis", std::int64_t{1});
  Node back{.name = graph.unique_node_name(node.name + "_rows"), .type = "Transpose", .version = node.version};
  std::vector<std::int64_t> perm;
  for (std::size_t axis = 1; axis <= rows.size(); ++axis) perm.push_back(static_cast<std::int64_t>(axis));
  perm.push_back(0);
  back.attributes.set("perm", perm);
  graph.edit(node.output()).name = graph.unique_value_name(name + "_by_rows");
  const ValueId before = node.output(), columns = graph.add_value(graph.unique_value_name(name + "_columns"), graph.value(transposed).type);
  const ValueId result = graph.add_value(name, graph.value(before).type, graph.value(before).dims);
  gather.outputs = {columns};
  back.inputs = {columns};
  back.outputs = {result};
  graph.replace_uses(before, result);
  graph.remove_node(id);
  graph.add_node(std::move(gather));
  graph.add_node(std::move(back));
}

// Where a matrix is transposed for MatMul, and Gather is all that reads it besides.
int keep_one_table(Graph& graph, const Node& transpose) {
  const ValueId table = transpose.input(0), transposed = transpose.output();
  std::vector<NodeId> gathers;
  for (NodeId reader : graph.value(table).readers) {
    const Node& node = graph.node(reader);
    if (reader == transpose.id) continue;
    if (node.type != "Gather" || node.input(0) != table || node.attributes.integer("axis", 0) != 0 || !graph.value(node.input(1)).dims) return 0;
    gathers.push_back(reader);
  }
  for (NodeId gather : gathers) gather_columns(graph, gather, transposed);
  return static_cast<int>(std::ssize(gathers));
}

PassReport fold_constants(Graph& graph, PassContext&) {
  PassReport report;
  for (NodeId id : graph.topological_order()) {
    const Node& node = graph.node(id);
    if (transposes_a_matrix(graph, node) && is_multiplied(graph, node.output())) report.changed += keep_one_table(graph, node);
  }
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
