// GlobalLpPool: (sum |x|^p)^(1/p) over all positions. ONNX since 2.
#include <cmath>

#include "operators/pooling.h"

namespace halftone {
namespace {

void reference(const Call& call, std::span<Tensor> outputs) {
  const double p = static_cast<double>(call.attributes().integer("p", 2));
  std::span<const float> x = call.tensor(0).values<float>();
  std::span<float> y = outputs[0].mutable_values<float>();
  const std::size_t each = y.empty() ? 0 : x.size() / y.size();
  for (std::size_t plane = 0; plane < y.size(); ++plane) {
    double sum = 0;
    for (std::size_t i = 0; i < each; ++i) sum += std::pow(std::fabs(static_cast<double>(x[plane * each + i])), p);
    y[plane] = static_cast<float>(std::pow(sum, 1 / p));
  }
}

}  // namespace

extern const Operator kGlobalLpPool{.type = "GlobalLpPool", .since = 2, .shapes = global_pool_shapes, .grid = GridRule::makes_new, .reference = reference};

}  // namespace halftone
