// Activations that are clamps to constant bounds: Relu and Clip. They fuse into the layer before them.
#pragma once

#include <algorithm>
#include <limits>
#include <optional>

#include "graph/graph.h"

namespace halftone {

struct Clamp {
  float low = -std::numeric_limits<float>::infinity();
  float high = std::numeric_limits<float>::infinity();
};

inline float clamped(float x, const Clamp& clamp) { return std::min(std::max(x, clamp.low), clamp.high); }

// The node as a clamp; nullopt: it is none, or its bounds are not known beforehand.
std::optional<Clamp> clamp_of(const Graph& graph, const Node& node);

}  // namespace halftone
