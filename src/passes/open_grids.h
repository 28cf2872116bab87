// Grids of values that are not known yet.
#pragma once

#include "graph/graph.h"

namespace halftone {

// Values that hold the same Encoding object: the first one, in order of computation, is to be measured.
struct OpenGrid {
  ValueId measured = ValueId::none;
  std::vector<ValueId> values;
};

// Those without a range, constants among them where layers compute with them as with data.
std::vector<OpenGrid> open_grids(const Graph& graph);

}  // namespace halftone
