// The float gate: before anything is quantized, does the float network run and make sense on these data?
#pragma once

#include <set>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "graph/graph.h"

namespace halftone {

// Throws Error for NaN or infinities in the initializers of layers, naming the initializer.
void check_finite_constants(const Graph& graph);

struct FloatCheck {
  std::vector<std::string> warnings;
  std::set<ValueId> not_finite;   // values with infinities or NaN that come from constants of the network's own (masks)
};

// Throws Error for such weights, and for other NaN and infinite values (naming the first bad one and the sample).
// Warnings: what reaches the first BatchNormalization is far from the statistics that it holds, so the data look
// unlike what the network was trained on (a wrong mean, std or channel order).
// Source: Nagel et al. 2021, section 3.7, step 1 of the debugging procedure.
FloatCheck check_float_network(const Graph& graph, const SampleSource& data, const Job& job);

}  // namespace halftone
