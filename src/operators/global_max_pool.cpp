// GlobalMaxPool: maximum over all positions of each channel. ONNX since 1.
#include <algorithm>

#include "operators/pooling.h"

namespace halftone {
namespace {

void reference(const Call& call, std::span<Tensor> outputs) {
  const Shape& x = call.input(0).shape;
  const std::int64_t planes = x[0] * x[1], picture = planes == 0 ? 0 : call.tensor(0).size() / planes;
  std::span<const float> in = call.tensor(0).values<float>();
  std::span<float> out = outputs[0].mutable_values<float>();
  for (std::int64_t plane = 0; plane < planes; ++plane) {
    out[plane] = *std::max_element(in.begin() + plane * picture, in.begin() + (plane + 1) * picture);
  }
}

}  // namespace

extern const Operator kGlobalMaxPool{.type = "GlobalMaxPool", .since = 1, .shapes = global_pool_shapes, .grid = GridRule::keeps,
                                     .reference = reference};

}  // namespace halftone
