// Scatter: what ScatterElements was called before opset 11. ONNX since 9.
#include "operators/indices.h"

namespace halftone {

extern const Operator kScatter{.type = "Scatter", .since = 9, .shapes = scatter_elements_shapes, .grid = GridRule::none, .reference = scatter_elements};

}  // namespace halftone
