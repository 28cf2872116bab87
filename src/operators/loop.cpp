// Loop: runs its body until a trip count (input 0, optional) is reached or the condition (input 1, optional) that the body makes
// no longer holds. body(iteration, condition, states...) -> condition, states..., scans...; outputs: the last states, and the
// scans of all iterations, stacked. Runs between plans (engine/bodies.h). ONNX since 1.
#include "operators/bodies.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call&) { return std::nullopt; }

std::vector<DataType> types(const Node& node, const std::vector<DataType>&) {
  const Graph& body = body_of(node, "body");
  std::vector<DataType> types;
  for (std::size_t i = 1; i < body.outputs().size(); ++i) types.push_back(body.value(body.outputs()[i]).type);
  return types;
}

}  // namespace

extern const Operator kLoop{.type = "Loop", .since = 1, .shapes = shapes, .grid = GridRule::none, .data_inputs = 0, .types = types};

}  // namespace halftone
