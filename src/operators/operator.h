// What an ONNX operator means, in one file each; how it runs fast is the engine's business (engine/cpu/).
//
// An Operator gives the shapes of its outputs, its plain reference, and what it does to a grid. A new operator: one
// file src/operators/<name>.cpp that defines `extern const Operator kName`, one line in all.cpp, and its type in
// tests/golden (ONNX's own node tests are found by name).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "graph/graph.h"
#include "tensor/tensor.h"

namespace halftone {

// One input of a call: its type and shape are always known; its contents only when it is a constant, depends on shapes
// alone, or the call is being computed.
struct Operand {
  bool present = false;
  DataType type = DataType::float32;
  Shape shape;
  const Tensor* value = nullptr;
};

struct TensorSpec {
  DataType type = DataType::float32;
  Shape shape;
};

// A node with its inputs. `inputs` may be shorter than the operator's list: use input(i).
struct Call {
  const Node& node;
  std::span<const Operand> inputs;

  const Operand& input(std::size_t i) const;       // an absent Operand beyond the end
  bool has(std::size_t i) const { return input(i).present; }
  const Tensor& tensor(std::size_t i) const;       // contents; a broken invariant when they are not known
  const Attributes& attributes() const { return node.attributes; }

  // Contents of an auxiliary input (shape, axes, bounds) as integers; nullopt when they are not known while planning.
  std::optional<std::vector<std::int64_t>> integers(std::size_t i) const;
};

// Types and shapes of the outputs; nullopt: they depend on contents that are not known yet. Throws Error for a node that
// ONNX does not allow (wrong rank, sizes that do not match); the caller puts file and node in front.
using ShapeRule = std::optional<std::vector<TensorSpec>> (*)(const Call& call);

// Element types of the outputs from those of the inputs (float32 for absent ones), before any shape is known.
using TypeRule = std::vector<DataType> (*)(const Node& node, const std::vector<DataType>& inputs);
std::vector<DataType> int64_results(const Node& node, const std::vector<DataType>& inputs);
std::vector<DataType> boolean_results(const Node& node, const std::vector<DataType>& inputs);

// Computes the outputs, which are allocated as the shape rule says. Plain loops that read like the definition.
using Reference = void (*)(const Call& call, std::span<Tensor> outputs);

// What the operator does to the grid of its first input (METHODS 2.4).
enum class GridRule {
  makes_new,   // new values: the output's grid is its own
  keeps,       // moves or selects values: the output holds the same Encoding object as the input
  activation,  // a clamp: fused into the producer where the target says so; its output carries the grid
  none,        // no float values to quantize
};

// Which float types the reference takes: float32, or whatever the elements are since it moves or converts them. Operands of
// other types are widened to float32 for it, and its float32 results narrowed to their type.
enum class Floats { float32, any };

// Which inputs of a layer are its data, weight and bias, and which axis of the weight is the output channel.
struct LayerRole {
  std::size_t data = 0, weight = 1, bias = 2;
  int (*weight_axis)(const Node& node, const Shape& weight);  // axis of the output channels in the weight
};

// Gradients come later; the place where an operator will state its own stands here so that no signature changes then.
using Gradient = void (*)(const Call& call, std::span<const Tensor> output_gradients, std::span<Tensor> input_gradients);

struct Operator {
  std::string_view type;
  std::string_view domain = "";
  int since = 1;                     // oldest opset whose meaning the file implements
  ShapeRule shapes = nullptr;
  GridRule grid = GridRule::makes_new;
  Reference reference = nullptr;
  const LayerRole* layer = nullptr;  // Conv, Gemm, MatMul
  std::size_t data_inputs = SIZE_MAX;  // so many first inputs are data, which may lie on grids; the rest are parameters
  bool reads_shapes_only = false;      // its outputs are known where the shapes of its inputs are
  Floats floats = Floats::float32;
  bool (*moves)(const Node& node) = nullptr;  // whether the node only moves values, where not all of its modes do
  std::optional<Range> bounds;         // in which its results lie, whatever the inputs
  TypeRule types = nullptr;            // null: all outputs are of the first input's type
  Gradient gradient = nullptr;
};

// The operator's shape rule and its reference, with its float types taken care of.
std::optional<std::vector<TensorSpec>> shapes_of(const Operator& op, const Call& call);
void compute(const Operator& op, const Call& call, std::span<Tensor> outputs);
std::vector<Tensor> computed(const Operator& op, const Call& call, const std::vector<TensorSpec>& specs);

// The operator of a node, or null: unknown type, domain, or an opset older than `since`.
const Operator* find_operator(const Node& node);
const Operator* find_operator(std::string_view type);  // one of ONNX's own
std::span<const Operator* const> all_operators();

// Sets the element types of the values that nodes make. Those of unknown operators stay as they are declared.
void infer_types(Graph& graph);

// Throws one Error that lists every node whose operator is unknown, with the nodes' names and opsets.
void check_supported(const Graph& graph, std::string_view file);

// Shape rules that many operators share.
std::optional<std::vector<TensorSpec>> same_as_first_input(const Call& call);
std::optional<std::vector<TensorSpec>> broadcast_of_inputs(const Call& call);

// Whether the node moves or selects values and changes none: its results may hold the grid of its input.
bool moves_values(const Node& node);

// Checks that shape rules share; they throw Error.
void require_inputs(const Call& call, std::size_t least, std::size_t most);  // the first `least` are present, none beyond `most`
void require_float(const Call& call, std::size_t i);                          // input i, when present, is float32

}  // namespace halftone
