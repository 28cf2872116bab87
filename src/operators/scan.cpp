// Scan: runs its body for every step along an axis of the scanned inputs: body(states..., elements...) -> states..., elements...;
// outputs: the last states, and what the steps made, stacked. Axes and directions are attributes. In opset 8 everything has a
// batch axis in front. Runs between plans (engine/bodies.h). ONNX since 8.
#include "operators/scan.h"

#include "operators/bodies.h"

namespace halftone {
namespace {

std::vector<Scanned> scanned(const Node& node, const std::string& which, const std::string& directions_name, std::size_t count) {
  const std::vector<std::int64_t> axes = node.attributes.integers("scan_" + which + "_axes"), directions = node.attributes.integers(directions_name);
  if ((!axes.empty() && axes.size() != count) || (!directions.empty() && directions.size() != count)) throw Error("it has {} axes and {} directions for {} scanned {}s", axes.size(), directions.size(), count, which);
  std::vector<Scanned> all(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (!axes.empty()) all[i].axis = axes[i];
    if (!directions.empty()) all[i].backwards = directions[i] != 0;
  }
  return all;
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  scan_spec(call.node);
  for (std::size_t i = call.node.version < 9 ? 1 : 0; i < call.inputs.size(); ++i) {
    if (!call.has(i)) throw Error("input {} is missing", i);
  }
  if (call.node.version < 9 && call.has(0)) throw Error("it has lengths of its sequences, which are not supported");
  return std::nullopt;
}

std::vector<DataType> types(const Node& node, const std::vector<DataType>&) {
  const Graph& body = body_of(node, "body");
  std::vector<DataType> types;
  for (ValueId output : body.outputs()) types.push_back(body.value(output).type);
  return types;
}

}  // namespace

ScanSpec scan_spec(const Node& node) {
  const Graph& body = body_of(node, "body");
  ScanSpec spec;
  spec.batched = node.version < 9;
  const std::size_t first = spec.batched ? 1 : 0;
  const std::int64_t given = node.attributes.integer("num_scan_inputs", 0), formal = std::ssize(node.inputs) - static_cast<std::int64_t>(node.captured + first);
  if (given < 1 || given > formal) throw Error("{} of its {} inputs cannot be scanned", given, formal);
  const auto count = static_cast<std::size_t>(given);
  spec.states = static_cast<std::size_t>(formal) - count;
  if (body.inputs().size() != node.inputs.size() - first || body.outputs().size() < spec.states) throw Error("its body does not have its {} states and {} scanned inputs", spec.states, count);
  spec.inputs = scanned(node, "input", spec.batched ? "directions" : "scan_input_directions", count);
  spec.outputs = scanned(node, "output", "scan_output_directions", body.outputs().size() - spec.states);
  return spec;
}

extern const Operator kScan{.type = "Scan", .since = 8, .shapes = shapes, .grid = GridRule::none, .data_inputs = 0, .types = types};

}  // namespace halftone
