// A layer with those that alone read its result, so that what one does to a channel the others can undo.
#pragma once

#include <optional>
#include <vector>

#include "operators/clamp.h"
#include "operators/layer.h"

namespace halftone {

// layer -> (clamp) -> value -> readers, all of them layers that can have a bias.
struct LayerChain {
  Layer layer;
  Clamp clamp;
  ValueId value = ValueId::none;
  std::vector<Layer> readers;
};

// nullopt: the value is read otherwise too, or is an output, or nothing reads it.
std::optional<LayerChain> chain_of(const Graph& graph, const Layer& layer);

}  // namespace halftone
