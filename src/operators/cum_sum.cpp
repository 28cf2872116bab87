// CumSum: running sums along an axis (running.h). ONNX since 11.
#include "operators/running.h"

namespace halftone {
namespace {

void reference(const Call& call, std::span<Tensor> outputs) {
  run_along_axis(call, outputs[0], 0, [](auto a, auto b) { return a + b; });
}

}  // namespace

extern const Operator kCumSum{.type = "CumSum", .since = 11, .shapes = running_shapes, .grid = GridRule::none, .reference = reference};

}  // namespace halftone
