// --max-memory: how much a batch may take and a walk over the layers may keep, so that quantizing stays within a limit.
#pragma once

#include <cstdint>

#include "data/dataset.h"
#include "graph/graph.h"
#include "passes/pass.h"

namespace halftone {

// Sets job.value_bytes and job.store_bytes. `used`: bytes that the process takes already, with the model and before any work.
// Throws Error with the smallest limit that would do.
void fit_into_memory(std::uint64_t limit, std::uint64_t used, const Graph& graph, const SampleSource& data, const QuantizeOptions& options, Job& job);

}  // namespace halftone
