// Operators that codes do not reach, or whose codes nobody takes.
#pragma once

#include <functional>
#include <set>

#include "graph/graph.h"

namespace halftone {

// What the nodes of a graph do with codes.
enum class CodeRole {
  none,    // computes on real numbers
  layer,   // takes and makes codes
  choice,  // could do either
  passes   // hands the codes of an input on
};

// The nodes of CodeRole::choice that have real numbers on one of their sides alone: on all their inputs, or at all readers.
// On codes they would round, and save nothing. Graph inputs and outputs count as codes.
std::set<NodeId> float_islands(const Graph& graph, const std::function<CodeRole(const Node&)>& role);

}  // namespace halftone
