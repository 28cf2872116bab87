// LpPool: (sum |x|^p)^(1/p) over the window. ONNX since 2.
#include <cmath>

#include "operators/pooling.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 1, 1);
  require_float(call, 0);
  return std::vector<TensorSpec>{{DataType::float32, pooled_shape(call, pool_window(call))}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const Window w = pool_window(call);
  const Shape& x = call.input(0).shape;
  const double p = static_cast<double>(call.attributes().integer("p", 2));
  const std::int64_t picture = element_count(w.in), positions = element_count(w.out);
  std::span<const float> in = call.tensor(0).values<float>();
  std::span<float> out = outputs[0].mutable_values<float>();
  for (std::int64_t plane = 0; plane < x[0] * x[1]; ++plane) {
    for_each_position(w.out, [&](const std::vector<std::int64_t>& position, std::int64_t at) {
      double sum = 0;
      for_each_tap(w, position, [&](std::int64_t, std::int64_t place) { sum += std::pow(std::fabs(static_cast<double>(in[static_cast<std::size_t>(plane * picture + place)])), p); });
      out[static_cast<std::size_t>(plane * positions + at)] = static_cast<float>(std::pow(sum, 1 / p));
    });
  }
}

}  // namespace

extern const Operator kLpPool{.type = "LpPool", .since = 2, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference};

}  // namespace halftone
