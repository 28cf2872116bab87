#include "formats/onnx/quantized_operators.h"

#include <algorithm>
#include <iterator>

namespace halftone {
namespace {

// Where a quantized operator has a real input: its codes, scale and zero_point.
struct CodeInput {
  std::size_t codes, scale, zero;
};

struct QuantizedOperator {
  const char *domain, *type, *real;
  std::vector<CodeInput> inputs;
  int bias;                       // which input is an int32 bias on the grid of the products; -1: none
  std::size_t out_scale, out_zero;
  int weight_axis = 0;            // of the second input's scales, where there are several
};

const QuantizedOperator* quantized_operator(const Node& node) {
  static const QuantizedOperator kOperators[] = {
      {"", "QLinearConv", "Conv", {{0, 1, 2}, {3, 4, 5}}, 8, 6, 7, 0},
      {"", "QLinearMatMul", "MatMul", {{0, 1, 2}, {3, 4, 5}}, -1, 6, 7, -1},
      {"com.microsoft", "QGemm", "Gemm", {{0, 1, 2}, {3, 4, 5}}, 6, 7, 8, 1},
      {"com.microsoft", "QLinearAdd", "Add", {{0, 1, 2}, {3, 4, 5}}, -1, 6, 7},
      {"com.microsoft", "QLinearMul", "Mul", {{0, 1, 2}, {3, 4, 5}}, -1, 6, 7},
      {"com.microsoft", "QLinearAveragePool", "AveragePool", {{0, 1, 2}}, -1, 3, 4},
      {"com.microsoft", "QLinearGlobalAveragePool", "GlobalAveragePool", {{0, 1, 2}}, -1, 3, 4},
      {"com.microsoft", "QLinearReduceMean", "ReduceMean", {{0, 1, 2}}, -1, 3, 4},
      {"com.microsoft", "QLinearSigmoid", "Sigmoid", {{0, 1, 2}}, -1, 3, 4},
      {"com.microsoft", "QLinearLeakyRelu", "LeakyRelu", {{0, 1, 2}}, -1, 3, 4},
      {"com.microsoft", "QLinearSoftmax", "Softmax", {{0, 1, 2}}, -1, 3, 4},
  };
  const auto found = std::find_if(std::begin(kOperators), std::end(kOperators), [&](const QuantizedOperator& op) { return node.domain == op.domain && node.type == op.type; });
  return found == std::end(kOperators) ? nullptr : &*found;
}

bool is_concat(const Node& node) { return node.domain == "com.microsoft" && node.type == "QLinearConcat"; }

class Expansion {
 public:
  explicit Expansion(Graph& graph) : graph_(graph) {}

  void run() {
    for (NodeId id : graph_.topological_order()) {
      const Node node = graph_.node(id);
      if (node.domain == "com.microsoft" && (node.type == "QuantizeLinear" || node.type == "DequantizeLinear")) {
        graph_.edit(id).domain.clear();
        graph_.edit(id).version = opset();
      } else if (const QuantizedOperator* op = quantized_operator(node)) {
        expand(node, *op);
      } else if (is_concat(node)) {
        expand_concat(node);
      }
    }
  }

 private:
  int opset() const {
    const auto found = graph_.file.opsets.find("");
    return found == graph_.file.opsets.end() ? 13 : found->second;
  }

  // channels_last stands for another layout than ONNX's, which the real operators do not have: such a node stays, and is refused.
  static bool is_foreign(const Node& node) { return node.attributes.integer("channels_last", 0) != 0; }

  void expand(const Node& node, const QuantizedOperator& op) {
    if (is_foreign(node)) return;
    std::vector<ValueId> inputs;
    for (std::size_t i = 0; i < op.inputs.size(); ++i) {
      const CodeInput& in = op.inputs[i];
      inputs.push_back(dequantized(node, node.input(in.codes), node.input(in.scale), node.input(in.zero), i == 1 ? weight_axis(node, op) : 0));
    }
    if (op.bias >= 0 && node.input(static_cast<std::size_t>(op.bias)) != ValueId::none) {
      const ValueId scale = product(node, node.input(op.inputs[0].scale), node.input(op.inputs[1].scale));
      inputs.push_back(dequantized(node, node.input(static_cast<std::size_t>(op.bias)), scale, ValueId::none, 0));
    }
    replace(node, op.real, std::move(inputs), node.input(op.out_scale), node.input(op.out_zero));
  }

  static int weight_axis(const Node& node, const QuantizedOperator& op) {
    return node.type == "QGemm" && node.attributes.integer("transB", 0) != 0 ? 0 : op.weight_axis;
  }

  // Y_scale, Y_zero_point, and three inputs a part.
  void expand_concat(const Node& node) {
    std::vector<ValueId> parts;
    for (std::size_t i = 2; i + 2 < node.inputs.size(); i += 3) parts.push_back(dequantized(node, node.inputs[i], node.inputs[i + 1], node.inputs[i + 2], 0));
    replace(node, "Concat", std::move(parts), node.input(0), node.input(1));
  }

  void replace(const Node& node, const char* type, std::vector<ValueId> inputs, ValueId scale, ValueId zero) {
    const ValueId output = node.output();
    graph_.edit(node.id).outputs.clear();
    graph_.edit(output).producer = NodeId::none;
    graph_.remove_node(node.id);
    Node real = made(type, node.name, std::move(inputs));
    real.attributes = node.attributes;
    real.attributes.erase("opset");
    real.attributes.erase("channels_last");
    const ValueId result = result_of(std::move(real), graph_.value(output).name + "_real", DataType::float32);
    Node quantize = made("QuantizeLinear", graph_.unique_node_name(node.name + "_QuantizeLinear"), {result, scale, zero});
    quantize.outputs = {output};
    graph_.add_node(std::move(quantize));
  }

  Node made(const char* type, std::string name, std::vector<ValueId> inputs) const {
    Node node;
    node.type = type;
    node.name = std::move(name);
    node.version = opset();
    node.inputs = std::move(inputs);
    return node;
  }

  ValueId result_of(Node node, const std::string& name, DataType type) {
    const ValueId value = graph_.add_value(graph_.unique_value_name(name), type);
    node.outputs = {value};
    graph_.add_node(std::move(node));
    return value;
  }

  ValueId dequantized(const Node& reader, ValueId codes, ValueId scale, ValueId zero, int axis) {
    if (codes == ValueId::none) return codes;
    std::vector<ValueId> inputs = {codes, scale};
    if (zero != ValueId::none) inputs.push_back(zero);
    Node node = made("DequantizeLinear", graph_.unique_node_name(reader.name + "_DequantizeLinear"), std::move(inputs));
    const Tensor* known = graph_.constant(scale);
    if (known == nullptr || known->size() > 1) node.attributes.set("axis", std::int64_t{axis});
    return result_of(std::move(node), graph_.value(codes).name + "_real", DataType::float32);
  }

  // s_x s_w, in float32 as the runtimes form it.
  ValueId product(const Node& reader, ValueId left, ValueId right) {
    const Tensor *a = graph_.constant(left), *b = graph_.constant(right);
    if (a == nullptr || b == nullptr || a->size() != 1) return result_of(made("Mul", graph_.unique_node_name(reader.name + "_Mul"), {left, right}), reader.name + "_scale", DataType::float32);
    std::vector<float> scales = to_floats(*b);
    for (float& s : scales) s *= to_floats(*a)[0];
    return graph_.add_constant(graph_.unique_value_name(reader.name + "_bias_scale"), Tensor::from<float>(b->shape(), scales));
  }

  Graph& graph_;
};

}  // namespace

void expand_quantized_operators(Graph& graph) { Expansion(graph).run(); }

}  // namespace halftone
