// Dropout as inference sees it: Y = X, and a mask of ones where it is asked for. ONNX since 7 (since then training is an
// input of its own, not the mode of the file).
#include <cstring>

#include "operators/movement.h"

namespace halftone {
namespace {

// Whether it drops nothing: training_mode (an input since opset 12) is off, or the ratio is 0; nullopt: not known.
std::optional<bool> drops_nothing(const Call& call) {
  if (!call.has(2)) return true;
  const Tensor* training = call.input(2).value;
  const Tensor* ratio = call.input(1).value;
  if (training == nullptr || training->size() != 1) return std::nullopt;
  if (training->data()[0] == std::byte{0}) return true;
  if (!call.has(1)) return false;
  if (ratio == nullptr || ratio->size() != 1) return std::nullopt;
  return to_floats(*ratio)[0] == 0;
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 1, 3);
  const std::optional<bool> idle = drops_nothing(call);
  if (!idle) return std::nullopt;
  if (!*idle) throw Error("its training_mode is on; export the network for inference");
  auto specs = same_as_first_input(call);
  if (specs && call.node.outputs.size() > 1) {
    const DataType mask = call.node.version < 10 ? call.input(0).type : DataType::boolean;
    specs->push_back({mask, call.input(0).shape});
  }
  return specs;
}

void reference(const Call& call, std::span<Tensor> outputs) {
  copy_elements(call, outputs.first(1));
  if (outputs.size() < 2) return;
  if (outputs[1].type() == DataType::float32) for (float& m : outputs[1].mutable_values<float>()) m = 1;
  else std::memset(outputs[1].mutable_data(), 1, outputs[1].bytes());
}

std::vector<DataType> types(const Node&, const std::vector<DataType>& inputs) { return {inputs[0], DataType::boolean}; }

}  // namespace

extern const Operator kDropout{.type = "Dropout", .since = 7, .shapes = shapes, .grid = GridRule::keeps, .reference = reference, .types = types};

}  // namespace halftone
