// Loop: runs its body until a trip count (input 0, optional) is reached or the condition (input 1, optional) that the body makes
// no longer holds. body(iteration, condition, states...) -> condition, states..., scans...; outputs: the last states, and the
// scans of all iterations, stacked. Runs between plans (engine/bodies.h). ONNX since 1.
#include "base/text.h"
#include "operators/bodies.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call&) { return std::nullopt; }

std::vector<DataType> types(const Node& node, const std::vector<DataType>&) {
  const Graph& body = body_of(node, "body");
  const std::size_t inputs = node.inputs.size() - node.captured, states = inputs < 2 ? 0 : inputs - 2, taken = body.inputs().size() - node.captured;
  if (taken != states + 2) throw Error("its body has {} inputs; {} are needed: the iteration, the condition and {}", taken, states + 2, counted(static_cast<std::int64_t>(states), "state"));
  if (body.outputs().size() < states + 1) throw Error("its body has {} outputs; at least {} are needed: the condition and {}", body.outputs().size(), states + 1, counted(static_cast<std::int64_t>(states), "state"));
  if (node.outputs.size() > body.outputs().size() - 1) throw Error("it has {} outputs, but its body makes {} besides the condition", node.outputs.size(), body.outputs().size() - 1);
  std::vector<DataType> types;
  for (std::size_t i = 1; i < body.outputs().size(); ++i) types.push_back(body.value(body.outputs()[i]).type);
  return types;
}

}  // namespace

extern const Operator kLoop{.type = "Loop", .since = 1, .shapes = shapes, .grid = GridRule::none, .data_inputs = 0, .types = types};

}  // namespace halftone
