// Biases that fit into int32: what the passes that set grids or biases share.
#pragma once

#include "operators/layer.h"
#include "passes/pass.h"

namespace halftone {

// Widens the weight scales of the quantized layer's channels whose bias code would leave int32 (METHODS 2.3), notes it and
// warns of it, once a layer. Returns how many channels were widened.
int fit_bias(Graph& graph, const Layer& layer, PassContext& context, PassReport& report);

}  // namespace halftone
