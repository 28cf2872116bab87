// The calibration that passes share.
#pragma once

#include "passes/pass.h"

namespace halftone {

// What the float network's values look like on the samples: of the grids without a range, and of channels that layers read.
// The network runs where no pass has run it yet, or grids have opened since.
const Calibration& calibrated(const Graph& graph, PassContext& context);

}  // namespace halftone
