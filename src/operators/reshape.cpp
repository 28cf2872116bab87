// Reshape: the same elements under another shape. 0 copies the input's axis (unless allowzero), one -1 takes what is left.
// The shape is an input since opset 5. ONNX since 5.
#include "operators/movement.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 2, 2);
  const auto wanted = call.integers(1);
  if (!wanted) return std::nullopt;
  const Shape& x = call.input(0).shape;
  const bool keep_zero = call.attributes().integer("allowzero", 0) != 0;
  Shape y = *wanted;
  std::int64_t open = -1;
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (y[i] == 0 && !keep_zero) {
      if (i >= x.size()) throw Error("shape {} copies axis {}, but the input {} has none", to_string(*wanted), i, to_string(x));
      y[i] = x[i];
    } else if (y[i] == -1 && open < 0) {
      open = static_cast<std::int64_t>(i);
      y[i] = 1;
    } else if (y[i] < 0) {
      const char* why = y[i] == -1 ? "leaves two sizes open (-1), but only one follows from the rest" : "has a negative size";
      throw Error("shape {} {}", to_string(*wanted), why);
    }
  }
  const std::int64_t count = element_count(x), rest = element_count(y);
  if (open >= 0) y[static_cast<std::size_t>(open)] = rest > 0 ? count / rest : 0;
  if (element_count(y) != count) throw Error("{} has {} elements and cannot be reshaped to {}", to_string(x), count, to_string(*wanted));
  return std::vector<TensorSpec>{{call.input(0).type, y}};
}

}  // namespace

extern const Operator kReshape{.type = "Reshape", .since = 5, .shapes = shapes, .grid = GridRule::keeps, .reference = copy_elements, .floats = Floats::any};

}  // namespace halftone
