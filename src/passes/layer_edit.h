// Changing a layer's weight and bias; what several passes share.
#pragma once

#include <functional>
#include <vector>

#include "graph/graph.h"
#include "operators/layer.h"

namespace halftone {

// The layer's own copy of its weight or bias: a constant that other nodes read too is copied first, with its
// grid.
ValueId own_weight(Graph& graph, Layer& layer);

// Whether own_weight would copy, and the name that the copy would get.
bool shares_weight(const Graph& graph, const Layer& layer);
std::string copied_weight_name(const Graph& graph, const Layer& layer);

// The bias as [channels] floats; zeros where there is none.
std::vector<float> bias_or_zero(const Graph& graph, const Layer& layer);

// Replaces or adds the bias. The layer must be able to have one.
void set_bias(Graph& graph, Layer& layer, const std::vector<float>& bias);

// weight[.., k, ..] *= gain[k] along the output-channel axis.
void scale_output_channels(Graph& graph, Layer& layer, const std::vector<float>& gain);

// The name of a made bias: "<node>.bias", made unique.
std::string bias_name(const Graph& graph, const Layer& layer);

}  // namespace halftone
