// Hardmax: 1 for the first greatest element, 0 for the others, along the axes that softmax.h tells. ONNX since 1.
#include "operators/softmax.h"

namespace halftone {
namespace {

void reference(const Call& call, std::span<Tensor> outputs) {
  for_each_softmax(call, outputs[0], [](const float* x, float* y, std::int64_t step, std::int64_t count) {
    std::int64_t best = 0;
    for (std::int64_t c = 1; c < count; ++c) best = x[c * step] > x[best * step] ? c : best;
    for (std::int64_t c = 0; c < count; ++c) y[c * step] = c == best ? 1.0f : 0.0f;
  });
}

}  // namespace

extern const Operator kHardmax{.type = "Hardmax", .since = 1, .shapes = softmax_shapes, .grid = GridRule::none, .reference = reference, .bounds = Range{0, 1}};

}  // namespace halftone
