// HammingWindow: 25/46 - 21/46 cos(2 pi n / N) (window_function.h). ONNX since 17.
#include "operators/window_function.h"

namespace halftone {
namespace {

void reference(const Call& call, std::span<Tensor> outputs) { window_function(call, outputs[0], 25.0 / 46, 21.0 / 46, 0); }

}  // namespace

extern const Operator kHammingWindow{.type = "HammingWindow", .since = 17, .shapes = window_function_shapes, .grid = GridRule::none, .reference = reference, .floats = Floats::any, .types = window_function_types};

}  // namespace halftone
