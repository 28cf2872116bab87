// BlackmanWindow: 0.42 - 0.5 cos(2 pi n / N) + 0.08 cos(4 pi n / N) (window_function.h). ONNX since 17.
#include "operators/window_function.h"

namespace halftone {
namespace {

void reference(const Call& call, std::span<Tensor> outputs) { window_function(call, outputs[0], 0.42, 0.5, 0.08); }

}  // namespace

extern const Operator kBlackmanWindow{.type = "BlackmanWindow", .since = 17, .shapes = window_function_shapes, .grid = GridRule::none, .reference = reference, .floats = Floats::any, .types = window_function_types};

}  // namespace halftone
