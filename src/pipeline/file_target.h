// Which target's arithmetic a model is simulated with.
#pragma once

#include <string>
#include <vector>

#include "graph/graph.h"
#include "targets/target.h"

namespace halftone {

// Writes the target's name into the file's metadata, under "halftone.target".
void name_target(Graph& graph, const Target& target);

// The target `wish` (a name or a .toml file) unless that is empty; else the one that the file's metadata names; else
// onnxruntime. A file made for a target that is not compiled in is simulated as onnxruntime, and `warnings` says so.
Target target_of(const Graph& graph, const std::string& wish, std::vector<std::string>& warnings);

}  // namespace halftone
