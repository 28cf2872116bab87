#include "operators/pooling.h"

namespace halftone {

Window pool_window(const Call& call) {
  const std::vector<std::int64_t> kernel = call.attributes().integers("kernel_shape");
  if (kernel.empty()) throw Error("kernel_shape is missing");
  return window_of(call.node, call.input(0).shape, kernel);
}

Shape pooled_shape(const Call& call, const Window& window) {
  const Shape& x = call.input(0).shape;
  Shape y = {x[0], x[1]};
  y.insert(y.end(), window.out.begin(), window.out.end());
  return y;
}

std::optional<std::vector<TensorSpec>> global_pool_shapes(const Call& call) {
  require_inputs(call, 1, 1);
  require_float(call, 0);
  Shape y = call.input(0).shape;
  if (y.size() < 3) throw Error("its input has rank {}; at least 3 is needed", y.size());
  for (std::size_t i = 2; i < y.size(); ++i) {
    if (y[i] == 0) throw Error("its input {} has no elements to pool", to_string(y));
    y[i] = 1;
  }
  return std::vector<TensorSpec>{{DataType::float32, y}};
}

}  // namespace halftone
