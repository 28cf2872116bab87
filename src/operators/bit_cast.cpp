// BitCast: the same bits as another element type of the same width. ONNX since 26.
#include "operators/element_type.h"
#include "operators/operator.h"

namespace halftone {
namespace {

DataType target_of(const Node& node) { return element_type(node.attributes.integer("to", 0)); }

bool has_four_bits(DataType type) { return type == DataType::int4 || type == DataType::uint4; }

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 1, 1);
  const DataType from = call.input(0).type, to = target_of(call.node);
  if (size_of(from) != size_of(to) || has_four_bits(from) != has_four_bits(to)) throw Error("{} and {} have different widths", name_of(from), name_of(to));
  return std::vector<TensorSpec>{{to, call.input(0).shape}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const DataType to = outputs[0].type();
  const bool has_own_bytes = has_four_bits(to) || to == DataType::boolean;  // in memory not all bytes are theirs
  const Tensor same = has_own_bytes ? convert(call.tensor(0), to) : call.tensor(0);
  std::memcpy(outputs[0].mutable_data(), same.data(), same.bytes());
}

std::vector<DataType> types(const Node& node, const std::vector<DataType>&) { return {target_of(node)}; }

}  // namespace

extern const Operator kBitCast{.type = "BitCast", .since = 26, .shapes = shapes, .grid = GridRule::none, .reference = reference, .floats = Floats::any, .types = types};

}  // namespace halftone
