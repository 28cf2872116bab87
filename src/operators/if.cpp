// If: the outputs of then_branch where the condition holds, else those of else_branch. The branches have no inputs of their own.
// Runs between plans (engine/bodies.h). ONNX since 1.
#include "base/text.h"
#include "operators/bodies.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  if (call.input(0).type != DataType::boolean || element_count(call.input(0).shape) != 1) {
    throw Error("its condition is {} {}; one boolean is needed", name_of(call.input(0).type), to_string(call.input(0).shape));
  }
  return std::nullopt;
}

std::vector<DataType> types(const Node& node, const std::vector<DataType>&) {
  const Graph& branch = body_of(node, "then_branch");
  for (const char* name : {"then_branch", "else_branch"}) {
    const std::size_t made = body_of(node, name).outputs().size();
    if (made != node.outputs.size()) throw Error("its {} has {}, but the node has {}", name, counted(static_cast<std::int64_t>(made), "output"), node.outputs.size());
  }
  std::vector<DataType> types;
  for (ValueId output : branch.outputs()) types.push_back(branch.value(output).type);
  return types;
}

}  // namespace

extern const Operator kIf{.type = "If", .since = 1, .shapes = shapes, .grid = GridRule::none, .data_inputs = 0, .types = types};

}  // namespace halftone
