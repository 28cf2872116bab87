// The float gate: before anything is quantized, does the float network run and make sense on these data?
#pragma once

#include <string>
#include <vector>

#include "data/dataset.h"
#include "graph/graph.h"

namespace halftone {

// Throws Error for NaN or infinite weights, naming the initializer; a Clip's infinite bound is none.
void check_finite_constants(const Graph& graph);

// Throws Error for such weights and for NaN or infinite values (naming the first bad one and the sample).
// Returns warnings: what reaches the first BatchNormalization is far from the statistics that it holds, so the data look
// unlike what the network was trained on (a wrong mean, std or channel order).
// Source: Nagel et al. 2021, section 3.7, step 1 of the debugging procedure.
std::vector<std::string> check_float_network(const Graph& graph, const SampleSource& data, const Job& job);

}  // namespace halftone
