// What the pooling operators share.
#pragma once

#include "operators/window.h"

namespace halftone {

Window pool_window(const Call& call);                                   // kernel_shape, strides, pads, ...
Shape pooled_shape(const Call& call, const Window& window);             // [N, C, out...]
std::optional<std::vector<TensorSpec>> global_pool_shapes(const Call& call);  // [N, C, 1...]

}  // namespace halftone
