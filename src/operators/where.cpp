// Where: Y = X where the condition holds, else Y; all three broadcast. ONNX since 9.
#include "operators/elementwise.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 3, 3);
  require_elements(call, 0, Elements::booleans);
  if (call.input(1).type != call.input(2).type) throw Error("it chooses between {} and {}; they must be of one type", name_of(call.input(1).type), name_of(call.input(2).type));
  TensorSpec spec = (*broadcast_of_inputs(call))[0];
  spec.type = call.input(1).type;
  return std::vector<TensorSpec>{spec};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const std::size_t width = size_of(outputs[0].type());
  const auto* conditions = call.tensor(0).values<bool>().data();
  const std::byte *chosen = call.tensor(1).data(), *otherwise = call.tensor(2).data();
  std::byte* to = outputs[0].mutable_data();
  for_each_run(outputs[0].shape(), {call.input(0).shape, call.input(1).shape, call.input(2).shape},
               [&](std::int64_t count, const std::vector<BroadcastPlace>& at) {
                 for (std::int64_t i = 0; i < count; ++i, to += width) {
                   const bool condition = conditions[at[0].offset + i * at[0].step];
                   const BroadcastPlace& place = at[condition ? 1 : 2];
                   std::memcpy(to, (condition ? chosen : otherwise) + static_cast<std::size_t>(place.offset + i * place.step) * width, width);
                 }
               });
}

std::vector<DataType> types(const Node&, const std::vector<DataType>& inputs) { return {inputs.back()}; }

}  // namespace

extern const Operator kWhere{.type = "Where", .since = 9, .shapes = shapes, .grid = GridRule::none, .reference = reference, .types = types};

}  // namespace halftone
