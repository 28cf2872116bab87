// Grids of values that are not known yet.
#pragma once

#include "passes/pass.h"

namespace halftone {

// Values that hold the same Encoding object: the first one, in order of computation, is to be measured.
struct OpenGrid {
  ValueId measured = ValueId::none;
  std::vector<ValueId> values;
};

// Those without a range, constants among them where layers compute with them as with data.
std::vector<OpenGrid> open_grids(const Graph& graph);

// The range for it from the statistics of the value that is measured. Scores (graph outputs, and what a Softmax reads) keep
// their maximum. Throws UsageError naming the value where the method has no range for it.
Range estimated_range(const Graph& graph, const OpenGrid& grid, const ValueStatistics& statistics, const QuantizeOptions& options);

}  // namespace halftone
