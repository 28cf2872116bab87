// QuantizeLinear/DequantizeLinear nodes -> Encodings on Values.
#include <algorithm>
#include <cmath>

#include "formats/onnx/onnx.h"
#include "operators/clamp.h"

namespace halftone {
namespace {

// The node's axis, counted from the front; nullopt: it is counted from the back of an unknown rank, or outside.
std::optional<int> axis_of(const Graph& graph, const Node& node) {
  std::int64_t axis = node.attributes.integer("axis", 1);
  if (axis < 0) {
    const Value& data = graph.value(node.input(0));
    if (!data.constant && !data.dims) return std::nullopt;
    axis += data.constant ? data.constant->rank() : std::ssize(*data.dims);
  }
  return axis < 0 ? std::nullopt : std::optional(static_cast<int>(axis));
}

// The grid that a Q or DQ node states: from its constant scale and zero_point. Null: not a grid of ours (a dynamic
// scale, another element type), and the node stays.
std::shared_ptr<const Encoding> grid_of(const Graph& graph, const Node& node, DataType codes) {
  const Tensor* scale = graph.constant(node.input(1));
  const Tensor* zero = graph.constant(node.input(2));
  if (scale == nullptr || scale->type() != DataType::float32 || (node.input(2) != ValueId::none && zero == nullptr)) return nullptr;
  const std::int64_t block_size = node.attributes.integer("block_size", 0);
  if (block_size < 0 || (block_size == 0 && scale->rank() > 1) || scale->size() == 0) return nullptr;
  Encoding encoding;
  switch (codes) {
    case DataType::int8: encoding.bits = 8; encoding.is_signed = true; break;
    case DataType::uint8: encoding.bits = 8; break;
    case DataType::int16: encoding.bits = 16; encoding.is_signed = true; break;
    case DataType::uint16: encoding.bits = 16; break;
    case DataType::int4: encoding.bits = 4; encoding.is_signed = true; break;
    case DataType::uint4: encoding.bits = 4; break;
    default: return nullptr;
  }
  encoding.scale = to_floats(*scale);
  encoding.zero_point.assign(encoding.scale.size(), 0);
  if (zero != nullptr) {
    if (zero->type() != codes || zero->size() != scale->size()) return nullptr;
    const std::vector<std::int64_t> zeros = to_int64s(*zero);
    std::copy(zeros.begin(), zeros.end(), encoding.zero_point.begin());
  }
  for (float s : encoding.scale) {
    if (!(s > 0) || !std::isfinite(s)) return nullptr;
  }
  encoding.symmetric = encoding.is_signed && std::all_of(encoding.zero_point.begin(), encoding.zero_point.end(),
                                                         [](std::int32_t z) { return z == 0; });
  encoding.block_size = block_size;
  if (encoding.per_block() || (scale->rank() == 1 && (scale->size() > 1 || node.attributes.has("axis")))) {
    const auto axis = axis_of(graph, node);
    if (!axis) return nullptr;
    encoding.axis = *axis;
  }
  return std::make_shared<const Encoding>(std::move(encoding));
}

// Whether the axis is there and the scales have its channels or blocks.
bool fits(const Encoding& encoding, const Shape& scales, const Shape& shape) {
  return encoding.per_tensor() || (encoding.axis < std::ssize(shape) && scale_shape(shape, encoding) == scales);
}

// DequantizeLinear of int32 codes: a bias. Its float values, code times scale rounded once.
bool absorb_bias(Graph& graph, const Node& node, const Tensor& codes) {
  const Tensor* scale = graph.constant(node.input(1));
  const Tensor* zero = graph.constant(node.input(2));
  if (scale == nullptr || scale->type() != DataType::float32 || codes.rank() > 1) return false;
  if (scale->size() != 1 && scale->size() != codes.size()) return false;
  if (zero != nullptr) {
    for (std::int64_t z : to_int64s(*zero)) {
      if (z != 0) return false;
    }
  }
  Tensor real(DataType::float32, codes.shape());
  std::span<float> out = real.mutable_values<float>();
  std::span<const std::int32_t> in = codes.values<std::int32_t>();
  std::span<const float> s = scale->values<float>();
  for (std::size_t i = 0; i < in.size(); ++i) {
    out[i] = static_cast<float>(static_cast<double>(in[i]) * s[s.size() == 1 ? 0 : i]);
  }
  const ValueId output = node.output();
  const NodeId id = node.id;
  const std::string name = graph.value(output).name;
  graph.edit(output).name = name + "_absorbed";
  graph.replace_uses(output, graph.add_constant(name, std::move(real)));
  graph.remove_node(id);
  return true;
}

void absorb_constant(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const Tensor* codes = graph.constant(node.input(0));
  if (codes->type() == DataType::int32) {
    absorb_bias(graph, node, *codes);
    return;
  }
  std::shared_ptr<const Encoding> encoding = grid_of(graph, node, codes->type());
  if (!encoding || !fits(*encoding, graph.constant(node.input(1))->shape(), codes->shape())) return;
  const Tensor wide = convert(*codes, DataType::int32);
  std::span<const std::int32_t> values = wide.values<std::int32_t>();
  Tensor real = dequantize({values.begin(), values.end()}, *encoding, codes->shape());
  const ValueId output = node.output();
  const std::string name = graph.value(output).name;
  graph.edit(output).name = name + "_absorbed";
  const ValueId constant = graph.add_constant(name, std::move(real));
  graph.edit(constant).encoding = std::move(encoding);
  graph.replace_uses(output, constant);
  graph.remove_node(id);
}

// Moves the grid of Identity `id` onto the value before it, when that value is read by nobody else.
void merge_identity(Graph& graph, NodeId id) {
  const ValueId before = graph.node(id).input(0), after = graph.node(id).output();
  const Value& value = graph.value(before);
  if (value.encoding || value.is_constant() || graph.only_reader(before) == nullptr) return;
  graph.edit(before).encoding = graph.value(after).encoding;
  if (graph.is_output(after) && value.producer != NodeId::none) {
    const std::string name = graph.value(after).name;
    graph.edit(after).name = name + "_absorbed";
    graph.edit(before).name = name;
  } else if (graph.is_output(after)) {
    graph.edit(before).encoding = nullptr;  // an input that is an output: two names are needed
    return;
  }
  graph.replace_uses(after, before);
  graph.remove_node(id);
}

// The grid with the fewer codes whose ends a Clip before it has; null: there is none.
std::shared_ptr<const Encoding> narrowed(const Encoding& stored, const Clamp& clamp) {
  if (!stored.per_tensor()) return nullptr;
  for (int bits = 2; bits < stored.bits; ++bits) {
    Encoding grid = stored;
    grid.bits = bits;
    store_in(grid, stored.bits);
    if (grid.zero_point[0] < grid.code_min() || grid.zero_point[0] > grid.code_max()) continue;
    if (grid.real_min() == clamp.low && grid.real_max() == clamp.high) return std::make_shared<const Encoding>(std::move(grid));
  }
  return nullptr;
}

// Takes a Clip to the ends of a narrower grid off Q's input: the grid is that one. The writer puts it there, perhaps behind a
// value on all the codes of the same scale, which then has the narrower grid.
void absorb_clip(Graph& graph, const Node& q, std::shared_ptr<const Encoding>& grid) {
  const Node* clip = graph.producer(q.input(0));
  if (clip == nullptr || clip->type != "Clip" || graph.only_reader(clip->output()) == nullptr) return;
  const auto clamp = clamp_of(graph, *clip);
  const auto narrow = clamp ? narrowed(*grid, *clamp) : nullptr;
  if (!narrow) return;
  const ValueId before = clip->input(0);
  if (graph.encoding(before) != nullptr && *graph.encoding(before) == *grid && graph.only_reader(before) != nullptr) graph.edit(before).encoding = nullptr;
  grid = narrow;
  graph.bypass(clip->id);
}

void absorb_pair(Graph& graph, NodeId dq) {
  const ValueId codes = graph.node(dq).input(0);
  const Node* q = graph.producer(codes);
  if (q == nullptr || q->type != "QuantizeLinear" || graph.is_output(codes)) return;
  const Tensor* zero = graph.constant(q->input(2));
  const DataType type = zero != nullptr ? zero->type() : DataType::uint8;
  std::shared_ptr<const Encoding> quantized = grid_of(graph, *q, type), back = grid_of(graph, graph.node(dq), type);
  if (!quantized || !back || !(*quantized == *back) || quantized->per_block()) return;
  if (graph.only_reader(codes) != nullptr) absorb_clip(graph, *q, quantized);
  const NodeId q_id = q->id;
  Node identity;
  identity.type = "Identity";
  identity.name = graph.unique_node_name(q->name + "_Identity");
  identity.version = q->version;
  identity.inputs = {q->input(0)};
  const ValueId after = graph.node(dq).output();
  const std::string name = graph.value(after).name;
  const ValueId made = graph.add_value(name + "_identity", DataType::float32, graph.value(after).dims);
  graph.edit(made).encoding = quantized;
  identity.outputs = {made};
  graph.replace_uses(after, made);
  graph.remove_node(dq);
  graph.edit(made).name = name;
  const NodeId id = graph.add_node(std::move(identity));
  if (graph.value(codes).readers.empty()) graph.remove_node(q_id);
  merge_identity(graph, id);
}

}  // namespace

void absorb_qdq(Graph& graph) {
  for (NodeId id : graph.topological_order()) {
    if (graph.node(id).id == NodeId::none || graph.node(id).type != "DequantizeLinear") continue;
    if (graph.constant(graph.node(id).input(0)) != nullptr) absorb_constant(graph, id);
    else absorb_pair(graph, id);
  }
  graph.remove_unused_nodes();
}

}  // namespace halftone
