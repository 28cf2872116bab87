// Operators that compute on codes with static grids become their real counterparts between Q/DQ nodes when a file is read.
#pragma once

#include "graph/graph.h"

namespace halftone {

// QLinearConv and QLinearMatMul, and of com.microsoft QGemm, QLinearAdd, QLinearMul, QLinearAveragePool, QLinearGlobalAveragePool,
// QLinearReduceMean, QLinearConcat, QLinearSigmoid, QLinearLeakyRelu and QLinearSoftmax: DequantizeLinear on what they read, the real operator, QuantizeLinear on
// what it makes. absorb_qdq then makes Encodings of these. Microsoft's own QuantizeLinear and DequantizeLinear become ONNX's.
void expand_quantized_operators(Graph& graph);

}  // namespace halftone
