// CumProd: running products along an axis (running.h). ONNX since 26.
#include "operators/running.h"

namespace halftone {
namespace {

void reference(const Call& call, std::span<Tensor> outputs) {
  run_along_axis(call, outputs[0], 1, [](auto a, auto b) { return a * b; });
}

}  // namespace

extern const Operator kCumProd{.type = "CumProd", .since = 26, .shapes = running_shapes, .grid = GridRule::none, .reference = reference};

}  // namespace halftone
