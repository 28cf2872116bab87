// Grids: which values share one, and where it is measured.
#pragma once

#include "passes/pass.h"

namespace halftone {

// Values that hold the same Encoding object: the first one, in order of computation, is to be measured.
struct SharedGrid {
  ValueId measured = ValueId::none;
  std::vector<ValueId> values;
};

// Those without a range, constants among them where layers compute with them as with data.
std::vector<SharedGrid> open_grids(const Graph& graph);

// Those with one, weights among them.
std::vector<SharedGrid> settled_grids(const Graph& graph);

// Graph outputs, and what a Softmax reads: their maximum is never clipped.
bool holds_scores(const Graph& graph, const SharedGrid& grid);

// The range for it from the statistics of the value that is measured; within what its producer can yield, [0, 1] of a Softmax. Throws UsageError naming the value where the method
// has no range for it.
Range estimated_range(const Graph& graph, const SharedGrid& grid, const ValueStatistics& statistics, const QuantizeOptions& options);

}  // namespace halftone
