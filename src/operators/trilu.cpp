// Trilu: the upper (upper = 1) or lower triangle of matrices, from diagonal k on; 0 elsewhere. ONNX since 14.
#include "operators/movement.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 1, 2);
  if (call.has(1) && element_count(call.input(1).shape) != 1) throw Error("its diagonal is not one number");
  if (call.input(0).shape.size() < 2) throw Error("its input {} holds no matrices", to_string(call.input(0).shape));
  return same_as_first_input(call);
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const bool upper = call.attributes().integer("upper", 1) != 0;
  const std::int64_t diagonal = call.has(1) ? call.integers(1)->at(0) : 0;
  const Shape& x = call.input(0).shape;
  const std::size_t width = size_of(call.input(0).type);
  std::byte* to = outputs[0].mutable_data();
  std::memcpy(to, call.tensor(0).data(), call.tensor(0).bytes());
  for (std::int64_t i = 0; i < outputs[0].size(); ++i) {
    const std::int64_t column = i % x.back(), row = i / x.back() % x[x.size() - 2];
    const bool stays = upper ? column - row >= diagonal : column - row <= diagonal;
    if (!stays) std::memset(to + static_cast<std::size_t>(i) * width, 0, width);
  }
}

}  // namespace

extern const Operator kTrilu{.type = "Trilu", .since = 14, .shapes = shapes, .grid = GridRule::none, .reference = reference, .floats = Floats::any};

}  // namespace halftone
