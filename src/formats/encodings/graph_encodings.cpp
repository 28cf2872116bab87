// Grids of a Graph <-> entries of an encodings file.
#include <algorithm>
#include <set>

#include "formats/encodings/encodings.h"
#include "operators/clamp.h"
#include "operators/layer.h"

namespace halftone {
namespace {

EncodingsEntry entry_of(const Value& value, const Encoding& grid) {
  if (grid.per_block()) throw Error("the weight '{}' is on a grid of {}, which encodings files do not hold", value.name, describe(grid));
  EncodingsEntry entry{.name = value.name, .is_parameter = value.is_constant(), .bits = grid.bits, .is_signed = grid.is_signed, .symmetric = grid.symmetric};
  entry.per_channel = grid.per_channel();
  if (grid.per_channel()) entry.axis = grid.axis;
  entry.scale = grid.scale;
  for (std::int32_t zero : grid.zero_point) entry.offset.push_back(std::int64_t{grid.code_min()} - zero);
  return entry;
}

EncodingsEntry entry_of_bias(const Value& value, const BiasCodes& bias) {
  constexpr std::int64_t kLowest = -(std::int64_t{1} << 31);
  EncodingsEntry entry{.name = value.name, .is_parameter = true, .bits = 32, .is_signed = true, .symmetric = true};
  entry.per_channel = bias.scale.size() > 1;
  if (entry.per_channel) entry.axis = 0;
  entry.scale = bias.scale;
  entry.offset.assign(bias.scale.size(), kLowest);
  return entry;
}

class Lister {
 public:
  explicit Lister(const Graph& graph) : graph_(graph) {}

  std::vector<EncodingsEntry> list() {
    for (ValueId input : graph_.inputs()) add(input);
    for (NodeId id : graph_.topological_order()) {
      const Node& node = graph_.node(id);
      add_bias(id);
      for (ValueId input : node.inputs) add(input);
      for (ValueId output : node.outputs) add(output);
    }
    for (ValueId output : graph_.outputs()) add(output);
    return std::move(entries_);
  }

 private:
  bool is_new(ValueId id) { return id != ValueId::none && graph_.value(id).type == DataType::float32 && listed_.insert(id).second; }

  void add(ValueId id) {
    if (!is_new(id)) return;
    const Value& value = graph_.value(id);
    const Encoding* grid = grid_with_clamp(graph_, id);
    HALFTONE_CHECK(grid == nullptr || !grid->placed_only());
    entries_.push_back(grid != nullptr ? entry_of(value, *grid) : EncodingsEntry{.name = value.name, .is_parameter = value.is_constant(), .is_float = true});
  }

  // One name has one grid: a bias that several nodes read stays float, each of them derives its own codes.
  void add_bias(NodeId id) {
    const auto layer = layer_of(graph_, id);
    if (!layer || layer->bias == ValueId::none || !is_quantized(graph_, *layer)) return;
    const Value& bias = graph_.value(layer->bias);
    if (bias.readers.size() == 1 && is_new(layer->bias)) entries_.push_back(entry_of_bias(bias, derive_bias(graph_, *layer)));
  }

  const Graph& graph_;
  std::set<ValueId> listed_;
  std::vector<EncodingsEntry> entries_;
};

// Whether every data input and weight of the node lies on a grid.
bool computes_on_codes(const Graph& graph, const Node& node) {
  if (const auto layer = layer_of(graph, node.id)) return graph.encoding(layer->data) != nullptr && graph.encoding(layer->weight) != nullptr;
  const Operator* op = find_operator(node);
  const std::size_t count = op == nullptr ? 0 : std::min(op->data_inputs, node.inputs.size());
  return count > 0 && std::all_of(node.inputs.begin(), node.inputs.begin() + static_cast<std::ptrdiff_t>(count),
                                  [&](ValueId id) { return graph.encoding(id) != nullptr; });
}

}  // namespace

const Encoding* grid_with_clamp(const Graph& graph, ValueId id) {
  if (graph.encoding(id) != nullptr) return graph.encoding(id);
  const Node* producer = graph.producer(id);
  const Node* next = graph.only_reader(id);
  if (producer == nullptr || next == nullptr || next->input(0) != id || !clamp_of(graph, *next) || !computes_on_codes(graph, *producer)) return nullptr;
  return graph.encoding(next->output());
}

std::vector<EncodingsEntry> encodings_of(const Graph& graph) { return Lister(graph).list(); }

Encoding encoding_of(const EncodingsEntry& entry, const Encoding& placed, std::int64_t channels) {
  Encoding encoding{.bits = entry.bits, .is_signed = entry.is_signed.value_or(placed.is_signed), .symmetric = entry.symmetric};
  encoding.narrow = encoding.is_signed && entry.symmetric && entry.offset[0] == encoding.code_min() + 1;
  const bool one_channel = placed.per_channel() && channels == 1 && entry.scale.size() == 1;  // 0.6.1 cannot tell it from a tensor
  if (entry.per_channel || one_channel) encoding.axis = entry.axis.value_or(placed.axis);
  encoding.scale = entry.scale;
  constexpr std::int64_t kFar = std::int64_t{1} << 30;  // no code of 16 bits
  for (std::int64_t offset : entry.offset) encoding.zero_point.push_back(static_cast<std::int32_t>(std::clamp(encoding.code_min() - offset, -kFar, kFar)));
  if (entry.is_signed) {
    encoding.symmetric = encoding.is_signed && std::all_of(encoding.zero_point.begin(), encoding.zero_point.end(), [](std::int32_t z) { return z == 0; });
  }
  return encoding;
}

}  // namespace halftone
