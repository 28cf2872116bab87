// GlobalAveragePool: mean over all positions of each channel. ONNX since 1.
#include "operators/pooling.h"

namespace halftone {
namespace {

void reference(const Call& call, std::span<Tensor> outputs) {
  const Shape& x = call.input(0).shape;
  const std::int64_t planes = x[0] * x[1], picture = planes == 0 ? 0 : call.tensor(0).size() / planes;
  std::span<const float> in = call.tensor(0).values<float>();
  std::span<float> out = outputs[0].mutable_values<float>();
  for (std::int64_t plane = 0; plane < planes; ++plane) {
    double sum = 0;
    for (std::int64_t i = 0; i < picture; ++i) sum += in[plane * picture + i];
    out[plane] = static_cast<float>(sum / static_cast<double>(picture));
  }
}

}  // namespace

extern const Operator kGlobalAveragePool{.type = "GlobalAveragePool", .since = 1, .shapes = global_pool_shapes,
                                         .grid = GridRule::makes_new, .reference = reference};

}  // namespace halftone
