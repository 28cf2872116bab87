#include "passes/layer_bits.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "operators/layer.h"

namespace halftone {
namespace {

bool is_layer(const Graph& graph, NodeId id) {
  const Operator* op = find_operator(graph.node(id));
  return op != nullptr && op->layer != nullptr;
}

// Layers that data of the network's inputs reach before any other layer.
std::set<NodeId> first_layers(const Graph& graph) {
  std::set<NodeId> layers;
  std::set<ValueId> reached(graph.inputs().begin(), graph.inputs().end());
  for (NodeId id : graph.topological_order()) {
    const Node& node = graph.node(id);
    if (std::none_of(node.inputs.begin(), node.inputs.end(), [&](ValueId input) { return reached.contains(input); })) continue;
    if (is_layer(graph, id)) layers.insert(id);
    else reached.insert(node.outputs.begin(), node.outputs.end());
  }
  return layers;
}

// Layers whose results reach the network's outputs before any other layer.
std::set<NodeId> last_layers(const Graph& graph) {
  std::set<NodeId> layers;
  std::set<ValueId> reached(graph.outputs().begin(), graph.outputs().end());
  const std::vector<NodeId> order = graph.topological_order();
  for (auto id = order.rbegin(); id != order.rend(); ++id) {
    const Node& node = graph.node(*id);
    if (std::none_of(node.outputs.begin(), node.outputs.end(), [&](ValueId output) { return reached.contains(output); })) continue;
    if (is_layer(graph, *id)) layers.insert(*id);
    else reached.insert(node.inputs.begin(), node.inputs.end());
  }
  return layers;
}

void override_bits(LayerBits& bits, const LayerBits& by) {
  if (by.weight != 0) bits.weight = by.weight;
  if (by.activation != 0) bits.activation = by.activation;
}

bool disagree(int a, int b) { return a != 0 && b != 0 && a != b; }

std::string flag_of(const NamedBits& named) { return fmt::format("--bits '{}={}'", named.glob, describe(named.bits)); }

void check_weight_bits(const std::string& flag, int bits, const Target& target) {
  if (!is_weight_width(bits)) throw UsageError("{}: {}; {} were asked for", flag, kWeightWidths, bits);
  if (bits_of_storage(target.weight_types, true, bits) != 0) return;
  throw UsageError("{}: the target {} stores weights in {}, which do not hold {} bits", flag, target.name,
                   quoted_list({target.weight_types.begin(), target.weight_types.end()}), bits);
}

void check_activation_bits(const std::string& flag, int bits, bool is_signed, const Target& target) {
  if (!is_activation_width(bits)) throw UsageError("{}: {}; {} were asked for", flag, kActivationWidths, bits);
  if (bits_of_storage(target.activation_types, is_signed, bits) != 0) return;
  throw UsageError("{}: the target {} stores activations in {}, which do not hold {} bits {}", flag, target.name,
                   quoted_list({target.activation_types.begin(), target.activation_types.end()}), bits, is_signed ? "with a sign" : "without a sign");
}

void check_widths(const std::string& flag, const LayerBits& bits, const QuantizeOptions& options, const Target& target) {
  if (bits.weight != 0) check_weight_bits(flag, bits.weight, target);
  if (bits.activation != 0) check_activation_bits(flag, bits.activation, options.signed_activations, target);
}

// Nodes with bits to choose: layers, and what has its inputs on grids.
bool takes_bits(const Graph& graph, NodeId id, const Target& target) {
  return is_layer(graph, id) || target.own_grid.contains(graph.node(id).type);
}

// The first node that both match and disagree about, or none.
NodeId contradiction(const Graph& graph, const NamedBits& a, const NamedBits& b) {
  if (!disagree(a.bits.weight, b.bits.weight) && !disagree(a.bits.activation, b.bits.activation)) return NodeId::none;
  for (NodeId id : graph.nodes()) {
    const std::string& name = graph.node(id).name;
    if (glob_matches(a.glob, name) && glob_matches(b.glob, name)) return id;
  }
  return NodeId::none;
}

[[noreturn]] void fail_without_nodes(const Graph& graph, const NamedBits& named, const Target& target) {
  std::vector<std::string> names;
  bool matches = false;
  for (NodeId id : graph.nodes()) {
    const std::string& name = graph.node(id).name;
    matches = matches || glob_matches(named.glob, name);
    if (takes_bits(graph, id, target) && (named.bits.activation != 0 || is_layer(graph, id))) names.push_back(name);
  }
  const std::string near = did_you_mean(named.glob, names);
  const std::vector<std::string> some(names.begin(), names.begin() + std::min<std::ptrdiff_t>(3, std::ssize(names)));
  throw UsageError("{} matches {}{}", flag_of(named), matches ? "no node with a weight or with inputs on grids of their own" : "no node",
                   !near.empty() ? near : some.empty() ? "" : "; such are " + quoted_list(some));
}

[[noreturn]] void fail_without_weight(const std::string& node, const NamedBits& named) {
  const int data = named.bits.activation;
  if (data != 0) throw UsageError("{}: '{}' has no weight; give '{}=a{}' alone", flag_of(named), node, named.glob, data);
  throw UsageError("{}: '{}' has no weight; only the bits of its data can be chosen, for example '{}=a8'", flag_of(named), node, named.glob);
}

// Something must take each width that is given.
void check_glob(const Graph& graph, const NamedBits& named, const QuantizeOptions& options, const Target& target) {
  std::vector<NodeId> matching;
  for (NodeId id : graph.nodes()) {
    if (glob_matches(named.glob, graph.node(id).name) && takes_bits(graph, id, target)) matching.push_back(id);
  }
  if (matching.empty()) fail_without_nodes(graph, named, target);
  const std::string first = graph.node(matching.front()).name;
  std::erase_if(matching, [&](NodeId id) { return options.excludes(graph.node(id).name); });
  if (matching.empty()) throw UsageError("{} matches only what --exclude leaves in float, as '{}'; leave one out", flag_of(named), first);
  const bool has_weight = std::any_of(matching.begin(), matching.end(), [&](NodeId id) { return is_layer(graph, id); });
  if (named.bits.weight != 0 && !has_weight) fail_without_weight(graph.node(matching.front()).name, named);
}

}  // namespace

const char* const kWeightWidths = "weights take 2 to 8 bits, or 16";
const char* const kActivationWidths = "activations take 4 to 16 bits";

bool is_weight_width(int bits) { return (bits >= 2 && bits <= 8) || bits == 16; }
bool is_activation_width(int bits) { return bits >= 4 && bits <= 16; }

BitsOfNodes::BitsOfNodes(const Graph& graph, const QuantizeOptions& options) : usual_{options.weight_bits, options.activation_bits} {
  if (options.first_last.weight != 0 || options.first_last.activation != 0) {
    for (const std::set<NodeId>& layers : {first_layers(graph), last_layers(graph)}) {
      for (NodeId id : layers) override_bits(special_[id], options.first_last);
    }
  }
  for (const NamedBits& named : options.named_bits) {
    for (NodeId id : graph.nodes()) {
      if (glob_matches(named.glob, graph.node(id).name)) override_bits(special_[id], named.bits);
    }
  }
}

LayerBits BitsOfNodes::at(NodeId id) const {
  LayerBits bits = usual_;
  if (const auto found = special_.find(id); found != special_.end()) override_bits(bits, found->second);
  return bits;
}

std::string describe(const LayerBits& bits) {
  return (bits.weight != 0 ? fmt::format("w{}", bits.weight) : "") + (bits.activation != 0 ? fmt::format("a{}", bits.activation) : "");
}

std::optional<LayerBits> layer_bits(const std::string& text) {
  LayerBits bits;
  std::size_t at = 0;
  for (const auto& [letter, value] : {std::pair{'w', &bits.weight}, {'a', &bits.activation}}) {
    if (at == text.size() || text[at] != letter) continue;
    const std::size_t end = text.find_first_not_of("0123456789", at + 1);
    const std::string digits = text.substr(at + 1, end == std::string::npos ? end : end - at - 1);
    if (digits.empty() || digits.size() > 2 || digits[0] == '0') return std::nullopt;
    *value = std::stoi(digits);
    at += 1 + digits.size();
  }
  return text.empty() || at < text.size() ? std::nullopt : std::optional(bits);
}

void check_bits(const Graph& graph, const QuantizeOptions& options, const Target& target) {
  check_widths("--weights " + code_type_name(options.weight_bits, true), {options.weight_bits, 0}, options, target);
  check_widths("--activations " + code_type_name(options.activation_bits, options.signed_activations), {0, options.activation_bits}, options,
               target);
  check_widths("--first-last " + describe(options.first_last), options.first_last, options, target);
  for (std::size_t i = 0; i < options.named_bits.size(); ++i) {
    const NamedBits& named = options.named_bits[i];
    check_widths(flag_of(named), named.bits, options, target);
    check_glob(graph, named, options, target);
    for (std::size_t j = 0; j < i; ++j) {
      const NodeId both = contradiction(graph, options.named_bits[j], named);
      if (both == NodeId::none) continue;
      throw UsageError("{} and {} disagree about '{}'; give each node one width", flag_of(options.named_bits[j]), flag_of(named), graph.node(both).name);
    }
  }
}

}  // namespace halftone
