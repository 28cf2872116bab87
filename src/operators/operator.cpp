#include "operators/operator.h"

#include <algorithm>
#include <map>

#include "base/text.h"
#include "operators/all.h"

namespace halftone {

namespace {

bool is_widened(DataType type) { return type == DataType::float16 || type == DataType::bfloat16 || type == DataType::float64; }

// The call as a float32 operator sees it; `narrow` is the type that its results take.
struct WidenedCall {
  std::vector<Operand> operands;
  std::vector<Tensor> tensors;   // that operands point to
  std::optional<DataType> narrow;

  WidenedCall(const Operator& op, const Call& call) : operands(call.inputs.begin(), call.inputs.end()), tensors(operands.size()) {
    if (op.floats == Floats::any) return;
    for (std::size_t i = 0; i < operands.size(); ++i) {
      Operand& operand = operands[i];
      if (!operand.present || !is_widened(operand.type)) continue;
      if (!narrow) narrow = operand.type;
      operand.type = DataType::float32;
      if (operand.value == nullptr) continue;
      tensors[i] = convert(*operand.value, DataType::float32);
      operand.value = &tensors[i];
    }
  }
};

}  // namespace

std::optional<std::vector<TensorSpec>> shapes_of(const Operator& op, const Call& call) {
  const WidenedCall widened(op, call);
  auto specs = op.shapes({call.node, widened.operands});
  if (!specs || !widened.narrow) return specs;
  for (TensorSpec& spec : *specs) {
    if (spec.type == DataType::float32) spec.type = *widened.narrow;
  }
  return specs;
}

void compute(const Operator& op, const Call& call, std::span<Tensor> outputs) {
  const WidenedCall widened(op, call);
  if (!widened.narrow) return op.reference(call, outputs);
  std::vector<Tensor> results;
  for (const Tensor& output : outputs) results.push_back(is_widened(output.type()) ? Tensor(DataType::float32, output.shape()) : output);
  op.reference({call.node, widened.operands}, results);
  for (std::size_t i = 0; i < results.size(); ++i) {
    const Tensor narrowed = convert(results[i], outputs[i].type());
    std::memcpy(outputs[i].mutable_data(), narrowed.data(), narrowed.bytes());
  }
}

std::vector<Tensor> computed(const Operator& op, const Call& call, const std::vector<TensorSpec>& specs) {
  std::vector<Tensor> outputs;
  for (const TensorSpec& spec : specs) outputs.emplace_back(spec.type, spec.shape);
  compute(op, call, outputs);
  return outputs;
}

const Operand& Call::input(std::size_t i) const {
  static const Operand absent;
  return i < inputs.size() ? inputs[i] : absent;
}

const Tensor& Call::tensor(std::size_t i) const {
  HALFTONE_CHECK(input(i).present && input(i).value != nullptr);
  return *input(i).value;
}

std::optional<std::vector<std::int64_t>> Call::integers(std::size_t i) const {
  if (input(i).value == nullptr) return std::nullopt;
  return to_int64s(*input(i).value);
}

const Operator* find_operator(const Node& node) {
  for (const Operator* op : all_operators()) {
    if (op->type == node.type && op->domain == node.domain) return node.version >= op->since ? op : nullptr;
  }
  return nullptr;
}

bool moves_values(const Node& node) {
  const Operator* op = find_operator(node);
  return op != nullptr && (op->moves != nullptr ? op->moves(node) : op->grid == GridRule::keeps);
}

const Operator* find_operator(std::string_view type) {
  for (const Operator* op : all_operators()) {
    if (op->type == type && op->domain.empty()) return op;
  }
  return nullptr;
}

std::vector<DataType> int64_results(const Node& node, const std::vector<DataType>&) { return std::vector<DataType>(node.outputs.size(), DataType::int64); }
std::vector<DataType> boolean_results(const Node& node, const std::vector<DataType>&) { return std::vector<DataType>(node.outputs.size(), DataType::boolean); }

namespace {

// A body's inputs take their types from the node's, which the body need not repeat: values from around it, and a Loop's states
// behind its iteration and condition. Returns whether that was news.
bool take_types(const Graph& graph, const Node& node, Graph& body) {
  bool is_news = false;
  const auto set = [&](ValueId id, DataType type) {
    Value& inner = body.edit(id);
    is_news = is_news || inner.type != type;
    inner.type = type;
  };
  const std::vector<ValueId>& inputs = body.inputs();
  for (std::size_t i = 1; i <= std::min(node.captured, inputs.size()); ++i) set(inputs[inputs.size() - i], graph.value(node.inputs[node.inputs.size() - i]).type);
  const std::size_t formal = std::min(inputs.size(), node.inputs.size()) - std::min(node.captured, inputs.size());
  for (std::size_t i = 0; node.type == "Loop" && i < formal; ++i) {
    if (i >= 2 && node.input(i) == ValueId::none) continue;
    set(inputs[i], i == 0 ? DataType::int64 : i == 1 ? DataType::boolean : graph.value(node.inputs[i]).type);
  }
  return is_news;
}

void infer_types_of_bodies(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  std::vector<std::pair<std::string, std::shared_ptr<const Graph>>> bodies;
  for (const auto& [name, attribute] : node.attributes.all()) {
    if (const auto* body = std::get_if<std::shared_ptr<const Graph>>(&attribute)) bodies.emplace_back(name, *body);
  }
  for (const auto& [name, body] : bodies) {
    Graph typed = *body;
    if (!take_types(graph, node, typed)) continue;
    infer_types(typed);
    graph.edit(id).attributes.set(name, std::make_shared<const Graph>(std::move(typed)));
  }
}

}  // namespace

void infer_types(Graph& graph) {
  for (NodeId id : graph.topological_order()) {
    const Node& node = graph.node(id);
    const Operator* op = find_operator(node);
    if (op == nullptr) continue;
    std::vector<DataType> inputs;
    for (ValueId input : node.inputs) inputs.push_back(input == ValueId::none ? DataType::float32 : graph.value(input).type);
    if (inputs.empty()) inputs.push_back(DataType::float32);
    std::vector<DataType> types(node.outputs.size(), inputs[0]);
    try {
      infer_types_of_bodies(graph, id);
      if (op->types != nullptr) types = op->types(node, inputs);
    } catch (const Error& error) {
      throw Error("{}{}: {}", origin(graph), describe(node), error.what());
    }
    for (std::size_t i = 0; i < std::min(types.size(), node.outputs.size()); ++i) {
      if (node.outputs[i] != ValueId::none) graph.edit(node.outputs[i]).type = types[i];
    }
  }
}

namespace {

using NodesOfType = std::map<std::string, std::vector<std::string>>;  // "com.vendor.Operator (opset 1)" -> names

// Bodies too; how many nodes there are.
std::size_t add_unsupported(const Graph& graph, NodesOfType& nodes) {
  std::size_t count = 0;
  for (NodeId id : graph.nodes()) {
    const Node& node = graph.node(id);
    for (const auto& [name, attribute] : node.attributes.all()) {
      if (const auto* body = std::get_if<std::shared_ptr<const Graph>>(&attribute)) count += add_unsupported(**body, nodes);
    }
    if (find_operator(node) != nullptr) continue;
    ++count;
    const std::string opset = node.version > 0 ? fmt::format("opset {}", node.version) : "of no opset that the file states";
    nodes[fmt::format("{}{}{} ({})", node.domain, node.domain.empty() ? "" : ".", node.type, opset)].push_back(node.name);
  }
  return count;
}

}  // namespace

void check_supported(const Graph& graph, std::string_view file) {
  NodesOfType nodes;
  const std::size_t count = add_unsupported(graph, nodes);
  if (count == 0) return;
  std::vector<std::string> list;
  for (const auto& [type, names] : nodes) list.push_back(fmt::format("{} at '{}'", type, join(names, "', '")));
  throw Error("{}: {} not supported: {}", file, counted(static_cast<std::int64_t>(count), "of its nodes has an operator that is", "of its nodes have operators that are"), join(list, "; "));
}

std::optional<std::vector<TensorSpec>> same_as_first_input(const Call& call) {
  return std::vector<TensorSpec>{{call.input(0).type, call.input(0).shape}};
}

std::optional<std::vector<TensorSpec>> broadcast_of_inputs(const Call& call) {
  TensorSpec spec{call.input(0).type, call.input(0).shape};
  for (std::size_t i = 1; i < call.inputs.size(); ++i) spec.shape = broadcast_shapes(spec.shape, call.input(i).shape);
  return std::vector<TensorSpec>{spec};
}

void require_inputs(const Call& call, std::size_t least, std::size_t most) {
  for (std::size_t i = 0; i < least; ++i) {
    if (!call.has(i)) throw Error("input {} is missing; it takes {} to {}", i, least, most);
  }
  if (call.inputs.size() > most) throw Error("it has {} inputs; it takes {} to {}", call.inputs.size(), least, most);
}

void require_float(const Call& call, std::size_t i) {
  if (call.has(i) && call.input(i).type != DataType::float32) {
    throw Error("input {} is {}; it takes floats", i, name_of(call.input(i).type));
  }
}

}  // namespace halftone
