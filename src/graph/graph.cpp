#include "graph/graph.h"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <unordered_set>

namespace halftone {
namespace {

const char* kind_of(const Attribute& attribute) {
  constexpr const char* kKinds[] = {"an integer", "a float", "a string", "a list of integers", "a list of floats", "a list of strings", "a tensor", "a body"};
  static_assert(std::size(kKinds) == std::variant_size_v<Attribute>);
  return kKinds[attribute.index()];
}

template <typename T>
T attribute_or(const std::map<std::string, Attribute>& values, const std::string& name, T otherwise, const char* kind) {
  const auto found = values.find(name);
  if (found == values.end()) return otherwise;
  if (const T* value = std::get_if<T>(&found->second)) return *value;
  throw Error("its attribute '{}' is {}; {} is needed", name, kind_of(found->second), kind);
}

}  // namespace

std::int64_t Attributes::integer(const std::string& name, std::int64_t otherwise) const {
  return attribute_or<std::int64_t>(values_, name, otherwise, "an integer");
}
float Attributes::real(const std::string& name, float otherwise) const {
  return attribute_or<float>(values_, name, otherwise, "a float");
}
std::string Attributes::text(const std::string& name, const std::string& otherwise) const {
  return attribute_or<std::string>(values_, name, otherwise, "a string");
}
std::vector<std::int64_t> Attributes::integers(const std::string& name, std::vector<std::int64_t> otherwise) const {
  return attribute_or(values_, name, std::move(otherwise), "a list of integers");
}
std::vector<float> Attributes::reals(const std::string& name, std::vector<float> otherwise) const {
  return attribute_or(values_, name, std::move(otherwise), "a list of floats");
}
const Tensor* Attributes::tensor(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? nullptr : std::get_if<Tensor>(&found->second);
}

ValueId Graph::add_value(std::string value_name, DataType type, std::optional<std::vector<Dimension>> dims) {
  Value value;
  value.id = static_cast<ValueId>(values_.size());
  value.name = std::move(value_name);
  value.type = type;
  value.dims = std::move(dims);
  values_.push_back(std::move(value));
  return values_.back().id;
}

ValueId Graph::add_constant(std::string value_name, Tensor tensor) {
  const ValueId id = add_value(std::move(value_name), tensor.type());
  set_constant(id, std::move(tensor));
  return id;
}

void Graph::set_constant(ValueId id, Tensor tensor) {
  Value& value = edit(id);
  HALFTONE_CHECK(value.producer == NodeId::none);
  value.type = tensor.type();
  value.dims.emplace();
  for (std::int64_t size : tensor.shape()) value.dims->push_back({size, ""});
  value.constant = std::make_shared<const Tensor>(std::move(tensor));
}

void Graph::bind_input(ValueId id, Tensor tensor) {
  HALFTONE_CHECK(std::erase(inputs_, id) == 1);
  set_constant(id, std::move(tensor));
}

NodeId Graph::add_node(Node node) {
  const auto id = static_cast<NodeId>(nodes_.size());
  node.id = id;
  for (ValueId input : node.inputs) add_reader(input, id);
  for (ValueId output : node.outputs) {
    if (output == ValueId::none) continue;
    HALFTONE_CHECK(value(output).producer == NodeId::none && !value(output).is_constant());
    edit(output).producer = id;
  }
  nodes_.push_back(std::move(node));
  return id;
}

void Graph::add_reader(ValueId id, NodeId reader) {
  if (id == ValueId::none) return;
  std::vector<NodeId>& readers = edit(id).readers;
  if (std::find(readers.begin(), readers.end(), reader) == readers.end()) readers.push_back(reader);
}

void Graph::drop_reader(ValueId id, NodeId reader) {
  if (id == ValueId::none) return;
  const std::vector<ValueId>& inputs = node(reader).inputs;
  if (std::find(inputs.begin(), inputs.end(), id) != inputs.end()) return;  // still read at another place
  std::erase(edit(id).readers, reader);
}

std::vector<NodeId> Graph::nodes() const {
  std::vector<NodeId> ids;
  for (const Node& node : nodes_) {
    if (node.id != NodeId::none) ids.push_back(node.id);
  }
  return ids;
}

std::vector<ValueId> Graph::values() const {
  std::vector<ValueId> ids;
  for (const Value& value : values_) {
    if (value.id != ValueId::none) ids.push_back(value.id);
  }
  return ids;
}

std::vector<NodeId> Graph::topological_order() const {
  std::vector<int> missing(nodes_.size(), 0);
  std::set<NodeId> ready;  // ordered by id: the order of adding
  const std::vector<NodeId> all = nodes();
  for (NodeId id : all) {
    std::set<ValueId> inputs(node(id).inputs.begin(), node(id).inputs.end());
    for (ValueId input : inputs) {
      if (input != ValueId::none && value(input).producer != NodeId::none) ++missing[static_cast<std::size_t>(id)];
    }
    if (missing[static_cast<std::size_t>(id)] == 0) ready.insert(id);
  }
  std::vector<NodeId> order;
  while (!ready.empty()) {
    const NodeId id = *ready.begin();
    ready.erase(ready.begin());
    order.push_back(id);
    for (ValueId output : node(id).outputs) {
      if (output == ValueId::none) continue;
      for (NodeId reader : value(output).readers) {
        if (--missing[static_cast<std::size_t>(reader)] == 0) ready.insert(reader);
      }
    }
  }
  if (order.size() == all.size()) return order;
  for (NodeId id : all) {
    if (missing[static_cast<std::size_t>(id)] > 0) {
      throw Error("the graph has a cycle: {} waits for its own output", describe(node(id)));
    }
  }
  return order;
}

bool Graph::is_output(ValueId id) const { return std::find(outputs_.begin(), outputs_.end(), id) != outputs_.end(); }

ValueId Graph::find_value(std::string_view wanted) const {
  for (const Value& value : values_) {
    if (value.id != ValueId::none && value.name == wanted) return value.id;
  }
  return ValueId::none;
}

const Node* Graph::producer(ValueId id) const {
  if (id == ValueId::none || value(id).producer == NodeId::none) return nullptr;
  return &node(value(id).producer);
}

const Node* Graph::only_reader(ValueId id) const {
  if (id == ValueId::none || value(id).readers.size() != 1 || is_output(id)) return nullptr;
  return &node(value(id).readers.front());
}

std::string Graph::unique_value_name(const std::string& wish) const {
  std::string name = wish;
  for (int i = 2; find_value(name) != ValueId::none; ++i) name = fmt::format("{}_{}", wish, i);
  return name;
}

std::string Graph::unique_node_name(const std::string& wish) const {
  const auto taken = [&](const std::string& candidate) {
    return std::any_of(nodes_.begin(), nodes_.end(),
                       [&](const Node& node) { return node.id != NodeId::none && node.name == candidate; });
  };
  std::string name = wish;
  for (int i = 2; taken(name); ++i) name = fmt::format("{}_{}", wish, i);
  return name;
}

void Graph::set_input(NodeId id, std::size_t index, ValueId replacement) {
  Node& changed = edit(id);
  if (changed.inputs.size() <= index) changed.inputs.resize(index + 1, ValueId::none);
  const ValueId before = changed.inputs[index];
  changed.inputs[index] = replacement;
  drop_reader(before, id);
  add_reader(replacement, id);
}

void Graph::replace_uses(ValueId from, ValueId to) {
  const std::vector<NodeId> readers = value(from).readers;
  for (NodeId reader : readers) {
    for (std::size_t i = 0; i < node(reader).inputs.size(); ++i) {
      if (node(reader).inputs[i] == from) set_input(reader, i, to);
    }
  }
  std::replace(outputs_.begin(), outputs_.end(), from, to);
}

void Graph::remove_node(NodeId id) {
  Node& removed = edit(id);
  for (ValueId output : removed.outputs) {
    if (output == ValueId::none) continue;
    HALFTONE_CHECK(value(output).readers.empty() && !is_output(output));
    edit(output).id = ValueId::none;
    edit(output).producer = NodeId::none;
  }
  std::vector<ValueId> inputs;
  inputs.swap(removed.inputs);
  for (ValueId input : inputs) drop_reader(input, id);
  removed.outputs.clear();
  removed.id = NodeId::none;
}

void Graph::bypass(NodeId id) {
  const ValueId in = node(id).input(0), out = node(id).output(0);
  if (is_output(out)) {  // the file's name of a graph output stays
    const std::string kept = value(out).name;
    edit(out).name = kept + "_bypassed";
    if (value(in).producer != NodeId::none && !is_output(in)) edit(in).name = kept;
    if (!value(in).dims) edit(in).dims = value(out).dims;  // and its declared shape
  }
  replace_uses(out, in);
  remove_node(id);
}

void Graph::cut_to(const std::vector<ValueId>& inputs, const std::vector<ValueId>& wanted) {
  for (ValueId id : inputs) {
    const NodeId producer = value(id).producer;
    if (producer == NodeId::none) continue;
    const ValueId instead = add_value(unique_value_name(value(id).name + "_before_cut"), value(id).type, value(id).dims);
    for (ValueId& output : edit(producer).outputs) output = output == id ? instead : output;
    edit(instead).producer = producer;
    edit(id).producer = NodeId::none;
    edit(id).dims.reset();  // what feeds it now may have another batch
  }
  inputs_ = inputs;
  outputs_ = wanted;
  remove_unused_nodes();
  outputs_.clear();
}

void Graph::remove_unused_values() {
  for (Value& value : values_) {
    if (value.id == ValueId::none || !value.readers.empty() || value.producer != NodeId::none) continue;
    const bool is_input = std::find(inputs_.begin(), inputs_.end(), value.id) != inputs_.end();
    if (!is_input && !is_output(value.id)) {
      value.id = ValueId::none;
      value.constant.reset();
    }
  }
}

void Graph::remove_unused_nodes() {
  const std::vector<NodeId> order = topological_order();
  for (auto id = order.rbegin(); id != order.rend(); ++id) {
    const std::vector<ValueId>& outputs = node(*id).outputs;
    const bool used = std::any_of(outputs.begin(), outputs.end(), [&](ValueId output) {
      return output != ValueId::none && (!value(output).readers.empty() || is_output(output));
    });
    if (!used) remove_node(*id);
  }
  remove_unused_values();
}

std::string origin(const Graph& graph) { return graph.file.path.empty() ? "" : graph.file.path + ": "; }

std::string describe(const Node& node) { return fmt::format("{} '{}'", node.type, node.name); }

namespace {

void verify_encoding(const Value& value, std::string_view where) {
  const Encoding& e = *value.encoding;
  const auto fail = [&](const std::string& what) {
    throw Error("{}: value '{}': {}", where, value.name, what);
  };
  if (e.bits < 2 || e.bits > 16) fail(fmt::format("{} bits; 2 to 16 are possible", e.bits));
  if (e.stored_bits != 0 && e.stored_bits < e.bits) fail(fmt::format("{} bits do not fit into {}", e.bits, e.stored_bits));
  for (int bits : e.channel_bits) {
    if (bits < 2 || bits > e.bits) fail(fmt::format("a channel of {} bits on a grid of {}; 2 to {} are possible", bits, e.bits, e.bits));
  }
  if (e.placed_only()) return;
  if (!e.channel_bits.empty() && e.channel_bits.size() != e.scale.size()) {
    fail(fmt::format("{} scales but bits of {} channels", e.scale.size(), e.channel_bits.size()));
  }
  if (e.zero_point.size() != e.scale.size()) {
    fail(fmt::format("{} scales but {} zero points", e.scale.size(), e.zero_point.size()));
  }
  std::size_t expected = 1;
  if (!e.per_tensor()) {
    if (!value.dims || e.axis >= static_cast<int>(value.dims->size())) fail(fmt::format("no axis {}", e.axis));
    const std::int64_t channels = (*value.dims)[static_cast<std::size_t>(e.axis)].size;
    expected = channels < 0 ? e.scale.size() : static_cast<std::size_t>(channels);
    if (e.per_block()) {
      if (value.constant == nullptr) fail("blocks are for constants");
      expected = static_cast<std::size_t>(element_count(scale_shape(value.constant->shape(), e)));
    }
  }
  if (e.scale.size() != expected) {
    fail(fmt::format("{} scales for {} {} (axis {}){}", e.scale.size(), expected, e.per_block() ? "blocks" : "channels", e.axis,
                     e.per_block() ? "" : "; give one scale, or one per channel"));
  }
  for (std::size_t c = 0; c < e.scale.size(); ++c) {
    if (!(e.scale[c] > 0) || !(e.scale[c] < std::numeric_limits<float>::infinity())) {
      fail(fmt::format("scale {} of channel {} is not positive and finite", e.scale[c], c));
    }
    if (e.zero_point[c] < e.code_min(c) || e.zero_point[c] > e.code_max(c)) {
      fail(fmt::format("zero point {} lies outside the codes {}..{}", e.zero_point[c], e.code_min(c), e.code_max(c)));
    }
  }
}

}  // namespace

void verify(const Graph& graph, std::string_view where) {
  std::unordered_set<std::string> names;
  for (ValueId id : graph.values()) {
    const Value& value = graph.value(id);
    if (!names.insert(value.name).second) throw Error("{}: two values are named '{}'", where, value.name);
    if (value.encoding) verify_encoding(value, where);
    for (NodeId reader : value.readers) {
      const std::vector<ValueId>& inputs = graph.node(reader).inputs;
      HALFTONE_CHECK(graph.node(reader).id == reader && std::find(inputs.begin(), inputs.end(), id) != inputs.end());
    }
  }
  const auto is_input = [&](ValueId id) {
    return std::find(graph.inputs().begin(), graph.inputs().end(), id) != graph.inputs().end();
  };
  for (NodeId id : graph.nodes()) {
    const Node& node = graph.node(id);
    for (ValueId input : node.inputs) {
      if (input == ValueId::none) continue;
      const Value& value = graph.value(input);
      HALFTONE_CHECK(value.id == input);
      if (value.producer == NodeId::none && !value.is_constant() && !is_input(input)) {
        throw Error("{}: {} reads '{}', which nothing makes: it is no input, no initializer and no node's output", where,
                    describe(node), value.name);
      }
    }
  }
  for (ValueId output : graph.outputs()) {
    const Value& value = graph.value(output);
    if (value.producer == NodeId::none && !value.is_constant() && !is_input(output)) {
      throw Error("{}: the output '{}' is made by no node", where, value.name);
    }
  }
  try {
    graph.topological_order();
  } catch (const Error& cycle) {
    throw Error("{}: {}", where, cycle.what());
  }
}

std::string dump(const Graph& graph) {
  std::string text;
  const auto name_of_value = [&](ValueId id) -> std::string {
    if (id == ValueId::none) return "-";
    const Value& value = graph.value(id);
    std::string name = value.name;
    if (value.is_constant()) name += to_string(value.constant->shape());
    if (value.encoding) name += fmt::format("<{}>", describe(*value.encoding));
    return name;
  };
  for (NodeId id : graph.topological_order()) {
    const Node& node = graph.node(id);
    std::vector<std::string> outputs, inputs;
    for (ValueId output : node.outputs) outputs.push_back(name_of_value(output));
    for (ValueId input : node.inputs) inputs.push_back(name_of_value(input));
    const auto listed = [](const std::vector<std::string>& names) {
      std::string joined;
      for (std::size_t i = 0; i < names.size(); ++i) joined += (i > 0 ? ", " : "") + names[i];
      return joined;
    };
    text += fmt::format("{} = {}({})\n", listed(outputs), node.type, listed(inputs));
  }
  return text;
}

}  // namespace halftone
