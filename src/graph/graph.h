// The network: Nodes and Values, both by id. Ids survive a copy of the Graph; copies share tensors and encodings.
//
// A quantizer is an Encoding on a Value, never a Node: the graph stays the float graph, and *simulated*, *integer* and
// *QDQ export* are three readings of it. A Value without producer is a graph input or a constant.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "graph/encoding.h"
#include "tensor/tensor.h"

namespace halftone {

class Graph;

enum class NodeId : std::int32_t { none = -1 };
enum class ValueId : std::int32_t { none = -1 };

// An attribute of a Node, as ONNX has them.
using Attribute = std::variant<std::int64_t, float, std::string, std::vector<std::int64_t>, std::vector<float>,
                               std::vector<std::string>, Tensor, std::shared_ptr<const Graph>>;

class Attributes {
 public:
  bool has(const std::string& name) const { return values_.contains(name); }
  void set(const std::string& name, Attribute value) { values_[name] = std::move(value); }
  void erase(const std::string& name) { values_.erase(name); }
  const std::map<std::string, Attribute>& all() const { return values_; }

  // The attribute, or the default where it is absent. Throws Error when it has another type.
  std::int64_t integer(const std::string& name, std::int64_t otherwise) const;
  float real(const std::string& name, float otherwise) const;
  std::string text(const std::string& name, const std::string& otherwise) const;
  std::vector<std::int64_t> integers(const std::string& name, std::vector<std::int64_t> otherwise = {}) const;
  std::vector<float> reals(const std::string& name, std::vector<float> otherwise = {}) const;
  const Tensor* tensor(const std::string& name) const;  // null where absent

 private:
  std::map<std::string, Attribute> values_;
};

// One axis of a declared shape: a size, or unknown (-1) with the name the file gives it.
struct Dimension {
  std::int64_t size = -1;
  std::string symbol;
  bool operator==(const Dimension&) const = default;
};

// What a folded BatchNormalization knows of a value's channels: mean beta_k and deviation |gamma_k| (METHODS 3).
struct ChannelPrior {
  std::vector<float> mean, deviation;
};

struct Value {
  ValueId id = ValueId::none;
  std::string name;
  DataType type = DataType::float32;
  std::optional<std::vector<Dimension>> dims;   // as declared; null: rank unknown
  NodeId producer = NodeId::none;
  std::vector<NodeId> readers;                  // a Node that reads it twice stands here once
  std::shared_ptr<const Encoding> encoding;     // null: no quantizer
  std::shared_ptr<const Tensor> constant;       // null unless a constant
  std::shared_ptr<const ChannelPrior> prior;

  bool is_constant() const { return constant != nullptr; }
};

struct Node {
  NodeId id = NodeId::none;
  std::string name;
  std::string type;      // "Conv"
  std::string domain;    // "" is ONNX's own
  int version = 0;       // the opset of its domain in the file it came from
  std::vector<ValueId> inputs, outputs;  // ValueId::none: an optional one that is absent
  std::size_t captured = 0;  // so many of the last inputs are values that its bodies (Graph attributes) read from around them:
                             // as many last inputs of each body, in the same order
  Attributes attributes;

  ValueId input(std::size_t i) const { return i < inputs.size() ? inputs[i] : ValueId::none; }
  ValueId output(std::size_t i = 0) const { return i < outputs.size() ? outputs[i] : ValueId::none; }
};

// What a file says of itself besides the network; kept for the export.
struct FileFacts {
  std::string path;  // where it was read from, for messages; never written
  std::int64_t ir_version = 8;
  std::map<std::string, int> opsets;  // domain -> version
  std::string producer_name, producer_version, domain, doc_string;
  std::int64_t model_version = 0;
  std::vector<std::pair<std::string, std::string>> metadata;
  std::vector<std::filesystem::path> data_files;  // that weights were read from beside the model; never written
};

class Graph {
 public:
  std::string name;
  FileFacts file;

  // Building.
  ValueId add_value(std::string name, DataType type = DataType::float32,
                    std::optional<std::vector<Dimension>> dims = std::nullopt);
  ValueId add_constant(std::string name, Tensor tensor);
  NodeId add_node(Node node);  // its id is ignored; outputs must not have a producer yet
  void add_input(ValueId id) { inputs_.push_back(id); }
  void add_output(ValueId id) { outputs_.push_back(id); }

  // Reading.
  const Node& node(NodeId id) const { return nodes_[static_cast<std::size_t>(id)]; }
  const Value& value(ValueId id) const { return values_[static_cast<std::size_t>(id)]; }
  std::vector<NodeId> nodes() const;            // live ones, in the order they were added
  std::vector<ValueId> values() const;          // live ones
  std::vector<NodeId> topological_order() const;  // stable: among ready nodes the one added first. Throws Error on a cycle
  const std::vector<ValueId>& inputs() const { return inputs_; }
  const std::vector<ValueId>& outputs() const { return outputs_; }
  bool is_output(ValueId id) const;
  ValueId find_value(std::string_view name) const;  // ValueId::none where there is none; linear
  const Tensor* constant(ValueId id) const { return id == ValueId::none ? nullptr : value(id).constant.get(); }
  const Encoding* encoding(ValueId id) const { return id == ValueId::none ? nullptr : value(id).encoding.get(); }
  const Node* producer(ValueId id) const;       // null for inputs and constants
  const Node* only_reader(ValueId id) const;    // null unless exactly one Node reads it and it is no graph output
  std::string unique_value_name(const std::string& wish) const;
  std::string unique_node_name(const std::string& wish) const;

  // Changing. References returned before stay valid until the next add_*.
  Value& edit(ValueId id) { return values_[static_cast<std::size_t>(id)]; }
  Node& edit(NodeId id) { return nodes_[static_cast<std::size_t>(id)]; }  // not its inputs and outputs: use the calls below
  void set_input(NodeId node, std::size_t index, ValueId value);
  void replace_uses(ValueId from, ValueId to);     // of readers and graph outputs
  void remove_node(NodeId id);                     // its outputs lose their producer; they must have no readers left
  void bypass(NodeId id);                          // readers of its first output read its first input instead; then removed
  void set_constant(ValueId id, Tensor tensor);    // contents of a constant (a copy of its own)
  void bind_input(ValueId id, Tensor tensor);      // a graph input becomes a constant and leaves inputs()
  // The part that makes `wanted` from `inputs`, which lose their producers. It has no graph outputs: tap what is wanted.
  void cut_to(const std::vector<ValueId>& inputs, const std::vector<ValueId>& wanted);
  void remove_unused_values();                     // constants and outputs that nothing reads
  void remove_unused_nodes();                      // whose outputs nothing reads, repeatedly; then unused values

 private:
  void add_reader(ValueId value, NodeId node);
  void drop_reader(ValueId value, NodeId node);

  std::vector<Node> nodes_;    // by id; a removed one has id none
  std::vector<Value> values_;  // by id; a removed one has id none
  std::vector<ValueId> inputs_, outputs_;
};

// Throws Error (with `where` in front) unless links agree both ways, names are unique, there is no cycle, and every
// Encoding fits its Value: one positive finite scale or one per channel, zero_point within the codes.
void verify(const Graph& graph, std::string_view where);

// The graph as text, a line a node, in topological order: for tests and debugging.
std::string dump(const Graph& graph);

// "net.onnx: " for a graph that was read from a file, "" for one that was built: the beginning of a message.
std::string origin(const Graph& graph);

// "Conv 'conv1'"
std::string describe(const Node& node);

}  // namespace halftone
