// Puts an Encoding, its range not yet known, on every value that the target computes on codes (METHODS 2.4).
//   layers       data, weight and result (behind a fused clamp) carry grids; the bias is derived
//   own_grid     inputs and result (behind a fused clamp) carry grids of their own
//                but not between nodes that compute in float (float_islands.h)
//   same_grid    the result holds the input's Encoding object, wherever either side has one
//   activations  a clamp that nothing fuses makes a grid of its own
//   bias_after   behind these layers the addition of a constant vector is part of the layer
// What comes in real numbers stays so for the nodes that compute in float, an Identity goes before the grid of the others.
// A grid has the most bits that one of its readers asks for (layer_bits.h); where none asks, those of the node that makes it.
// Needs nothing. Notes every float layer and why.
#include <algorithm>
#include <set>

#include "base/text.h"
#include "operators/clamp.h"
#include "operators/layer.h"
#include "passes/float_islands.h"
#include "passes/layer_bits.h"
#include "passes/layer_edit.h"
#include "passes/pass.h"

namespace halftone {
namespace {

class Placement {
 public:
  Placement(Graph& graph, PassContext& context) : graph_(graph), context_(context), target_(context.target), bits_(graph, context.options), order_(graph.topological_order()) {}

  PassReport run() {
    for (NodeId id : order_) {
      if (context_.options.excludes(graph_.node(id).name)) excluded_.insert(id);
    }
    islands_ = float_islands(graph_, [&](const Node& node) { return role_of(node); });
    for (NodeId id : order_) mark(graph_.node(id));
    spread_over_same_grid();
    spread_bits(asked_bits_);
    spread_bits(made_bits_);
    for (NodeId id : on_codes_) keep_float_for_others(layer_of(graph_, id)->weight);
    for (ValueId input : graph_.inputs()) give_grid(input);
    for (NodeId id : order_) give_grids(graph_.node(id));
    for (ValueId id : graph_.values()) leave_real_for_others(id);
    PassReport report;
    report.changed = placed_;
    report.summary = fmt::format("{} on {}; {} of {} on codes", counted(placed_values_, "value"), counted(placed_, "grid"), quantized_layers_, counted(layers_, "layer"));
    note_wider(report);
    return report;
  }

 private:
  bool is_float(ValueId id) const { return id != ValueId::none && graph_.value(id).type == DataType::float32; }

  // The addition of a constant vector that the target computes with the layer before it; null: there is none.
  const Node* bias_behind(const Node& node) const {
    const Node* next = target_.bias_after.contains(node.type) ? graph_.only_reader(node.output()) : nullptr;
    if (next == nullptr || next->type != "Add" || excluded_.contains(next->id) || touches_no_numbers(*next)) return nullptr;
    const Tensor* constant = graph_.constant(next->input(0) == node.output() ? next->input(1) : next->input(0));
    if (constant == nullptr || (constant->size() > 1 && constant->shape().back() != constant->size())) return nullptr;
    return next;
  }

  // The value behind what fuses into the node, a bias and a clamp, or the node's own output.
  ValueId result_of(const Node& node) {
    const Node* bias = bias_behind(node);
    if (bias != nullptr) fused_.insert(bias->id);
    const Node& last = bias != nullptr ? *bias : node;
    const ValueId output = last.output();
    const Node* next = graph_.only_reader(output);
    if (next == nullptr || !target_.fused_after.contains(last.type) || !target_.activations.contains(next->type)) return output;
    if (excluded_.contains(next->id) || !clamp_of(graph_, *next) || next->input(0) != output) return output;
    fused_.insert(next->id);
    return next->output();
  }

  void want(ValueId id, const std::string& why) {
    if (!is_float(id)) return;
    wanted_.insert(id);
    context_.placement.emplace(id, why);
  }

  void want_input(ValueId id, const Node& reader) {
    computes_codes_.insert(reader.id);
    want(id, "input of " + describe(reader));
    raise_to(asked_bits_[id], bits_.activation(reader.id));
  }

  void want_result(const Node& node) {
    const ValueId result = result_of(node);
    want(result, "result of " + describe(node));
    raise_to(made_bits_[result], bits_.activation(node.id));
  }

  static void raise_to(int& bits, int least) { bits = std::max(bits, least); }

  int bits_of(ValueId id) const {
    for (const auto* bits : {&asked_bits_, &made_bits_}) {
      if (const auto found = bits->find(id); found != bits->end() && found->second != 0) return found->second;
    }
    return context_.options.activation_bits;
  }

  void leave_float(const Node& node, const std::string& reason) { context_.float_layers.push_back({node.name, node.type, reason}); }

  void mark(const Node& node) {
    const bool is_layer = target_.layers.contains(node.type);
    if (excluded_.contains(node.id)) {
      leave_float(node, "excluded by --exclude");
      layers_ += is_layer ? 1 : 0;
    } else if (depends_on_constants(node)) {
      if (is_float(node.output())) leave_float(node, "it depends on constants alone");
      layers_ += is_layer ? 1 : 0;
    } else if (touches_no_numbers(node)) {
      if (is_float(node.output())) leave_float(node, "it reads or makes infinities or NaN");
      layers_ += is_layer ? 1 : 0;
    } else if (const std::string attribute = float_attribute(node); !attribute.empty()) {
      leave_float(node, fmt::format("the target {} computes {} with {} in float", target_.name, node.type, attribute));
    } else if (is_layer) {
      mark_layer(node);
    } else if (fused_.contains(node.id)) {
      return;
    } else if (islands_.contains(node.id)) {
      leave_float(node, "its neighbours compute in float: codes would round and save nothing");
    } else if (target_.own_grid.contains(node.type)) {
      mark_own_grid(node);
    } else if (target_.activations.contains(node.type)) {
      mark_lone_activation(node);
    } else if (!may_keep_grid(node) && is_float(node.output())) {
      leave_float(node, fmt::format("the target {} computes {} in float", target_.name, node.type));
    }
  }

  // As if nothing were excluded: what --exclude does not name stays as it is.
  CodeRole role_of(const Node& node) const {
    if (depends_on_constants(node) || touches_no_numbers(node) || !float_attribute(node).empty() || !is_float(node.output())) return CodeRole::none;
    if (target_.layers.contains(node.type)) return layer_of(graph_, node.id) ? CodeRole::layer : CodeRole::none;
    if (is_bias(node)) return CodeRole::passes;
    if (target_.own_grid.contains(node.type)) return CodeRole::choice;
    return target_.activations.contains(node.type) || may_keep_grid(node) ? CodeRole::passes : CodeRole::none;
  }

  // Whether the node is computed with the layer before it.
  bool is_bias(const Node& node) const {
    return std::any_of(node.inputs.begin(), node.inputs.end(), [&](ValueId id) {
      const Node* before = graph_.producer(id);
      return before != nullptr && layer_of(graph_, before->id) && bias_behind(*before) == &node;
    });
  }

  bool depends_on_constants(const Node& node) const {
    return std::all_of(node.inputs.begin(), node.inputs.end(), [&](ValueId id) { return id == ValueId::none || graph_.value(id).is_constant(); });
  }

  bool touches_no_numbers(const Node& node) const {
    const auto is_bad = [&](ValueId id) { return context_.not_finite.contains(id) || (graph_.constant(id) != nullptr && !is_finite(*graph_.constant(id))); };
    return node.type != "Clip" && (std::any_of(node.inputs.begin(), node.inputs.end(), is_bad) || std::any_of(node.outputs.begin(), node.outputs.end(), is_bad));
  }

  // The attribute with which the target does not take the operator on codes, where the node sets it; else empty.
  std::string float_attribute(const Node& node) const {
    const auto found = target_.float_attributes.find(node.type);
    if (found == target_.float_attributes.end()) return "";
    for (const std::string& name : found->second) {
      const Attributes& attributes = node.attributes;
      if (!attributes.has(name)) continue;
      const auto* list = std::get_if<std::vector<std::int64_t>>(&attributes.all().at(name));
      const bool is_set = list == nullptr ? attributes.integer(name, 0) != 0 : std::any_of(list->begin(), list->end(), [](std::int64_t v) { return v != 1; });
      if (is_set) return name;
    }
    return "";
  }

  void mark_layer(const Node& node) {
    ++layers_;
    auto layer = layer_of(graph_, node.id);
    if (!layer) return leave_float(node, node.type == "Gemm" ? "its weight or bias is no float32 constant, or it has a transA, alpha or beta"
                                                             : "its weight or bias is no float32 constant");
    if (!give_weight_grid(*layer)) {  // it is on a grid along another axis, or of other blocks
      graph_.edit(own_weight(graph_, *layer)).encoding = nullptr;
      give_weight_grid(*layer);
    }
    on_codes_.insert(node.id);
    ++quantized_layers_;
    want_input(layer->data, node);
    want_result(node);
  }

  void mark_own_grid(const Node& node) {
    if (!is_float(node.output())) return;
    const Operator* op = find_operator(node);
    const std::size_t data_inputs = op == nullptr ? 0 : std::min(op->data_inputs, node.inputs.size());
    for (std::size_t i = 0; i < data_inputs; ++i) want_input(node.inputs[i], node);
    want_result(node);
  }

  // A clamp behind something that does not fuse it: on a grid when its input comes from one.
  void mark_lone_activation(const Node& node) {
    if (!is_float(node.output())) return;
    if (!wanted_.contains(node.input(0))) return leave_float(node, "its input is computed in float");
    computes_codes_.insert(node.id);
    want_result(node);
  }

  bool may_keep_grid(const Node& node) const { return target_.same_grid.contains(node.type) && moves_values(node); }

  bool keeps_grid(const Node& node) const {
    return may_keep_grid(node) && !excluded_.contains(node.id) && is_float(node.input(0)) && is_float(node.output()) &&
           !graph_.value(node.input(0)).is_constant();
  }

  // The values that share one grid there.
  std::vector<ValueId> kept_values(const Node& node) const {
    std::vector<ValueId> values = {node.input(0)};
    std::copy_if(node.outputs.begin(), node.outputs.end(), std::back_inserter(values), [&](ValueId id) { return is_float(id); });
    return values;
  }

  void spread_over_same_grid() {
    bool changed = true;
    while (changed) {
      changed = false;
      const auto spread = [&](NodeId id) {
        const Node& node = graph_.node(id);
        if (!keeps_grid(node)) return;
        const std::vector<ValueId> values = kept_values(node);
        const auto is_wanted = [&](ValueId value) { return wanted_.contains(value); };
        const auto count = std::count_if(values.begin(), values.end(), is_wanted);
        if (count == 0 || count == std::ssize(values)) return;
        for (ValueId value : values) want(value, "shares the grid of " + describe(node));
        changed = true;
      };
      for (NodeId id : order_) spread(id);
      for (auto id = order_.rbegin(); id != order_.rend(); ++id) spread(*id);
    }
  }

  // Values that share a grid share the most bits among them.
  void spread_bits(std::map<ValueId, int>& bits) {
    bool changed = true;
    while (changed) {
      changed = false;
      for (NodeId id : order_) {
        const Node& node = graph_.node(id);
        if (!keeps_grid(node)) continue;
        int most = 0;
        for (ValueId value : kept_values(node)) most = std::max(most, bits[value]);
        for (ValueId value : kept_values(node)) {
          changed = changed || bits[value] != most;
          bits[value] = most;
        }
      }
    }
  }

  // Layers whose data or weight get more bits than they ask for. Whoever asked should hear of it: a warning as well.
  void note_wider(PassReport& report) {
    for (NodeId id : order_) {
      const auto layer = layer_of(graph_, id);
      if (!bits_.is_special(id) || !layer) continue;
      note_wider(id, "data take", layer->data, bits_.activation(id), report);
      note_wider(id, "weight takes", layer->weight, bits_.weight(id), report);
    }
  }

  void note_wider(NodeId id, const char* what, ValueId value, int asked, PassReport& report) {
    const Encoding* grid = graph_.encoding(value);
    if (grid == nullptr || grid->bits <= asked) return;
    report.note("'{}': its {} {} bits in place of {}, because '{}' is read with {} elsewhere", graph_.node(id).name, what, grid->bits, asked,
                graph_.value(value).name, grid->bits);
    context_.warnings.push_back(report.notes.back());
  }

  struct Cut {
    int axis = Encoding::kPerTensor;
    std::int64_t block_size = 0;

    bool is_that_of(const Encoding& grid) const { return grid.axis == axis && grid.block_size == block_size; }
  };

  // Matrices of more inputs than a block are cut along them, other weights along their output channels. Blocks are symmetric.
  Cut cut_of_weight(const Layer& layer) const {
    const QuantizeOptions& options = context_.options;
    if (options.block_size > 0 && inputs_in_blocks(graph_, layer) > options.block_size) return {1 - layer.weight_axis, options.block_size};
    return {options.granularity == Granularity::channel ? layer.weight_axis : Encoding::kPerTensor};
  }

  static Encoding grid_of(int bits, bool is_signed, bool symmetric, Cut cut, const std::set<std::string>& types) {
    Encoding grid{.bits = bits, .is_signed = is_signed, .symmetric = symmetric, .axis = cut.axis, .block_size = cut.block_size};
    store_in(grid, bits_of_storage(types, is_signed, bits));
    return grid;
  }

  bool give_weight_grid(const Layer& layer) {
    Value& weight = graph_.edit(layer.weight);
    const Cut cut = cut_of_weight(layer);
    const int bits = bits_.weight(layer.node);
    if (weight.encoding && !cut.is_that_of(*weight.encoding)) return false;
    if (weight.encoding && weight.encoding->bits >= bits) return true;
    const bool fresh = !weight.encoding;
    weight.encoding = std::make_shared<const Encoding>(grid_of(bits, true, context_.options.symmetric_weights || cut.block_size > 0, cut, target_.weight_types));
    if (!fresh) return true;
    context_.placement.emplace(layer.weight, "weight of " + describe(graph_.node(layer.node)));
    ++placed_;
    ++placed_values_;
    return true;
  }

  // Whether a table is the quantized one for the node as well: rows of 8 bits do where a layer computes with them.
  bool gathers_codes(const Node& reader, ValueId weight) const {
    return reader.type == "Gather" && reader.input(0) == weight && graph_.encoding(weight)->bits >= 8 && !excluded_.contains(reader.id);
  }

  // Nodes that read a layer's weight in float get a copy without a grid.
  void keep_float_for_others(ValueId weight) {
    std::vector<NodeId> others;
    for (NodeId reader : graph_.value(weight).readers) {
      if (!on_codes_.contains(reader) && !gathers_codes(graph_.node(reader), weight)) others.push_back(reader);
    }
    if (others.empty()) return;
    const ValueId copy = graph_.add_constant(graph_.unique_value_name(graph_.value(weight).name + "_float"), Tensor(*graph_.constant(weight)));
    for (NodeId reader : others) {
      const std::vector<ValueId> inputs = graph_.node(reader).inputs;
      for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (inputs[i] == weight) graph_.set_input(reader, i, copy);
      }
    }
  }

  bool is_on_codes(NodeId id) const {
    return computes_codes_.contains(id) || fused_.contains(id) || (keeps_grid(graph_.node(id)) && wanted_.contains(graph_.node(id).output()));
  }

  // A value that comes in real numbers, from outside or from a node that computes in float: its readers in float read these, behind an
  // Identity the others have the grid.
  void leave_real_for_others(ValueId id) {
    const Value value = graph_.value(id);
    if (!value.encoding || value.is_constant() || (value.producer != NodeId::none && is_on_codes(value.producer))) return;
    std::vector<NodeId> on_codes;
    bool has_others = false;
    for (NodeId reader : value.readers) {
      const Operator* op = find_operator(graph_.node(reader));
      if (is_on_codes(reader)) on_codes.push_back(reader);
      else has_others = has_others || op == nullptr || !op->reads_shapes_only;
    }
    if (!has_others || on_codes.empty() || graph_.is_output(id)) return;
    Node identity;
    identity.type = "Identity";
    identity.name = graph_.unique_node_name(value.name + "_to_grid");
    identity.version = graph_.node(on_codes.front()).version;
    identity.inputs = {id};
    const ValueId on_grid = graph_.add_value(graph_.unique_value_name(value.name + "_on_grid"), value.type, value.dims);
    identity.outputs = {on_grid};
    graph_.add_node(std::move(identity));
    graph_.edit(on_grid).encoding = value.encoding;
    graph_.edit(id).encoding = nullptr;
    if (const auto why = context_.placement.find(id); why != context_.placement.end()) context_.placement.emplace(on_grid, why->second);
    for (NodeId reader : on_codes) {
      const std::vector<ValueId> inputs = graph_.node(reader).inputs;
      for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (inputs[i] == id) graph_.set_input(reader, i, on_grid);
      }
    }
  }

  void give_grid(ValueId id) {
    if (!wanted_.contains(id) || graph_.value(id).encoding) return;
    const QuantizeOptions& options = context_.options;
    graph_.edit(id).encoding = std::make_shared<const Encoding>(
        grid_of(bits_of(id), options.signed_activations, options.symmetric_activations, {}, target_.activation_types));
    ++placed_;
    ++placed_values_;
  }

  void give_grids(const Node& node) {
    for (ValueId input : node.inputs) {
      if (input != ValueId::none && graph_.value(input).is_constant()) give_grid(input);
    }
    for (ValueId output : node.outputs) {
      if (output == ValueId::none || !wanted_.contains(output)) continue;
      if (keeps_grid(node) && graph_.value(node.input(0)).encoding) {
        graph_.edit(output).encoding = graph_.value(node.input(0)).encoding;
        ++placed_values_;
      } else {
        give_grid(output);
      }
    }
  }

  Graph& graph_;
  PassContext& context_;
  const Target& target_;
  const BitsOfNodes bits_;
  const std::vector<NodeId> order_;
  std::set<NodeId> islands_, on_codes_, computes_codes_, excluded_, fused_;
  std::set<ValueId> wanted_;
  std::map<ValueId, int> asked_bits_, made_bits_;  // by readers, by producers; 0: nobody has said
  int placed_ = 0, placed_values_ = 0, layers_ = 0, quantized_layers_ = 0;
};

PassReport place_quantizers(Graph& graph, PassContext& context) { return Placement(graph, context).run(); }

}  // namespace

extern const Pass kPlaceQuantizers{"place_quantizers", "decides which values get a grid, as the target says", Needs::nothing, place_quantizers};

}  // namespace halftone
