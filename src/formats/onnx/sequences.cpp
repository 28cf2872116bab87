#include "formats/onnx/sequences.h"

#include <algorithm>
#include <map>

namespace halftone {
namespace {

class Dissolver {
 public:
  explicit Dissolver(Graph& graph) : graph_(graph) {}

  void run() {
    const std::vector<NodeId> order = graph_.topological_order();
    for (NodeId id : order) {
      const Node node = graph_.node(id);
      if (!node.domain.empty() || node.output() == ValueId::none) continue;
      if (makes_sequence(node)) remember(node);
      else if (node.type == "SequenceAt" || node.type == "SequenceLength" || node.type == "ConcatFromSequence") read(node);
    }
    for (auto id = order.rbegin(); id != order.rend(); ++id) {
      if (graph_.node(*id).id == NodeId::none || !makes_sequence(graph_.node(*id))) continue;
      const ValueId made = graph_.node(*id).output();
      if (sequences_.contains(made) && graph_.value(made).readers.empty() && !graph_.is_output(made)) graph_.remove_node(*id);
    }
  }

 private:
  using Sequence = std::vector<ValueId>;

  static bool makes_sequence(const Node& node) {
    return node.type == "SequenceEmpty" || node.type == "SequenceConstruct" || node.type == "SequenceInsert" || node.type == "SequenceErase" || node.type == "SplitToSequence";
  }

  // What the sequence holds, where that can be told.
  void remember(const Node& node) {
    if (node.type == "SequenceEmpty") sequences_[node.output()] = {};
    if (node.type == "SequenceConstruct" && std::count(node.inputs.begin(), node.inputs.end(), ValueId::none) == 0) sequences_[node.output()] = node.inputs;
    if (node.type == "SplitToSequence") remember_split(node);
    const auto found = sequences_.find(node.input(0));
    if (found == sequences_.end()) return;
    Sequence sequence = found->second;
    if (node.type == "SequenceInsert") {
      const auto at = position(node, 2, std::ssize(sequence), std::ssize(sequence) + 1);
      if (!at || node.input(1) == ValueId::none) return;
      sequence.insert(sequence.begin() + *at, node.input(1));
      sequences_[node.output()] = sequence;
    } else if (node.type == "SequenceErase") {
      const auto at = position(node, 1, std::ssize(sequence) - 1, std::ssize(sequence));
      if (!at) return;
      sequence.erase(sequence.begin() + *at);
      sequences_[node.output()] = sequence;
    }
  }

  // Parts of given lengths, or all of one but the last.
  void remember_split(const Node& node) {
    const ValueId x = node.input(0);
    if (x == ValueId::none || !graph_.value(x).dims) return;
    const std::vector<Dimension>& dims = *graph_.value(x).dims;
    const std::int64_t rank = std::ssize(dims), given_axis = node.attributes.integer("axis", 0), axis = given_axis < 0 ? given_axis + rank : given_axis;
    if (axis < 0 || axis >= rank) return;
    const std::int64_t size = dims[static_cast<std::size_t>(axis)].size;
    std::vector<std::int64_t> lengths;
    const bool has_lengths = node.input(1) != ValueId::none;
    const Tensor given = has_lengths ? contents(node.input(1)) : Tensor::scalar(std::int64_t{1});
    if (has_lengths && given.size() == 0) return;
    if (given.rank() > 0) {
      lengths = to_int64s(given);
    } else {
      const std::int64_t each = to_int64s(given)[0];
      if (size < 0 || each < 1 || size / each > kMostParts) return;
      for (std::int64_t first = 0; first < size; first += each) lengths.push_back(std::min(each, size - first));
    }
    sequences_[node.output()] = parts(node, axis, lengths, !has_lengths && node.attributes.integer("keepdims", 1) == 0);
  }

  Sequence parts(const Node& node, std::int64_t axis, const std::vector<std::int64_t>& lengths, bool squeezed) {
    if (lengths.empty()) return {};
    Node split = new_node("Split", {node.input(0)}, node.name);
    split.attributes.set("axis", axis);
    add_integers(split, "split", lengths);
    for (std::size_t i = 0; i < lengths.size(); ++i) split.outputs.push_back(new_value(node.name + "_part"));
    const Sequence made = split.outputs;
    graph_.add_node(std::move(split));
    return squeezed ? each(made, "Squeeze", axis, node.name) : made;
  }

  void read(const Node& node) {
    const auto found = sequences_.find(node.input(0));
    if (found == sequences_.end()) return;
    const Sequence& sequence = found->second;
    if (node.type == "SequenceLength") {
      replace(node, new_node("Identity", {graph_.add_constant(graph_.unique_value_name(node.name + "_length"), Tensor::scalar(static_cast<std::int64_t>(sequence.size())))}, node.name));
    } else if (node.type == "SequenceAt") {
      const auto at = position(node, 1, -1, std::ssize(sequence));
      if (at) replace(node, new_node("Identity", {sequence[static_cast<std::size_t>(*at)]}, node.name));
    } else if (!sequence.empty()) {
      const std::int64_t axis = node.attributes.integer("axis", 0);
      Node concat = new_node("Concat", node.attributes.integer("new_axis", 0) != 0 ? each(sequence, "Unsqueeze", axis, node.name) : sequence, node.name);
      concat.attributes.set("axis", axis);
      replace(node, std::move(concat));
    }
  }

  // Squeeze or Unsqueeze of every element.
  Sequence each(const Sequence& sequence, const char* type, std::int64_t axis, const std::string& name) {
    Sequence made;
    for (ValueId element : sequence) {
      Node node = new_node(type, {element}, name);
      add_integers(node, "axes", {axis});
      node.outputs = {new_value(name + "_element")};
      made.push_back(node.outputs[0]);
      graph_.add_node(std::move(node));
    }
    return made;
  }

  // An attribute before opset 13, an input since.
  void add_integers(Node& node, const std::string& name, const std::vector<std::int64_t>& values) {
    if (node.version < 13) return node.attributes.set(name, values);
    node.inputs.push_back(graph_.add_constant(graph_.unique_value_name(node.name + "_" + name), Tensor::from<std::int64_t>({std::ssize(values)}, values)));
  }

  Node new_node(const std::string& type, std::vector<ValueId> inputs, const std::string& name) {
    Node node;
    node.type = type;
    node.name = graph_.unique_node_name(name + "_" + type);
    node.version = graph_.file.opsets[""];
    node.inputs = std::move(inputs);
    return node;
  }

  ValueId new_value(const std::string& wish) { return graph_.add_value(graph_.unique_value_name(wish)); }

  // `by` makes the node's output, under its name.
  void replace(const Node& node, Node by) {
    const ValueId before = node.output(), made = new_value(graph_.value(before).name);
    graph_.edit(made).type = graph_.value(before).type;
    graph_.edit(made).dims = graph_.value(before).dims;
    by.outputs = {made};
    graph_.add_node(std::move(by));
    graph_.replace_uses(before, made);
    std::swap(graph_.edit(before).name, graph_.edit(made).name);
    graph_.remove_node(node.id);
  }

  // The position that input `i` names, below `end`; `otherwise` where it is absent, nullopt: not known, or out of range.
  std::optional<std::int64_t> position(const Node& node, std::size_t i, std::int64_t otherwise, std::int64_t end) const {
    std::int64_t at = otherwise;
    if (node.input(i) != ValueId::none) {
      const Tensor given = contents(node.input(i));
      if (given.size() != 1) return std::nullopt;
      at = to_int64s(given)[0];
      if (at < 0) at += node.type == "SequenceInsert" ? end - 1 : end;
    }
    return at >= 0 && at < end ? std::optional(at) : std::nullopt;
  }

  // Of a constant, or of a Constant node; empty where they are not known.
  Tensor contents(ValueId id) const {
    if (const Tensor* constant = graph_.constant(id)) return *constant;
    const Node* producer = graph_.producer(id);
    if (producer == nullptr || producer->type != "Constant") return {};
    if (const Tensor* tensor = producer->attributes.tensor("value")) return *tensor;
    if (producer->attributes.has("value_int")) return Tensor::scalar(producer->attributes.integer("value_int", 0));
    const std::vector<std::int64_t> list = producer->attributes.integers("value_ints");
    return Tensor::from<std::int64_t>({std::ssize(list)}, list);
  }

  static constexpr std::int64_t kMostParts = 4096;

  Graph& graph_;
  std::map<ValueId, Sequence> sequences_;
};

}  // namespace

void dissolve_sequences(Graph& graph) { Dissolver(graph).run(); }

}  // namespace halftone
