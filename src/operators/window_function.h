// What HannWindow, HammingWindow and BlackmanWindow share: a - b cos(2 pi n / N) + c cos(4 pi n / N) of n = 0, 1, ..., size - 1;
// N is the size (periodic) or one less.
#pragma once

#include "operators/operator.h"

namespace halftone {

std::optional<std::vector<TensorSpec>> window_function_shapes(const Call& call);
std::vector<DataType> window_function_types(const Node& node, const std::vector<DataType>& inputs);  // output_datatype
void window_function(const Call& call, Tensor& output, double a, double b, double c);

}  // namespace halftone
