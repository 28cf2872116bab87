// Where a sweep stands still: the values that are needed behind each layer, and the segments between places at which the
// float network's values are few enough to be kept for all samples.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <vector>

#include "operators/layer.h"

namespace halftone {

struct SweepOptions {
  std::int64_t samples = std::numeric_limits<std::int64_t>::max();  // so many first ones, at most
  std::int64_t rows = 16384;                            // of a layer, at most;
  std::int64_t fine_rows = 8192, fine_elements = 2 << 20;  // with weights of more than 5 bits, of a wide one: until they have so many elements
  std::int64_t rows_of_column = 100, least_rows = 2048;  // where a layer has few columns, fewer rows tell as much
  std::int64_t few_samples = 64;                        // looked at where the values of all do not fit
  std::uint64_t store_bytes = 64u << 20;                // for the values of one network at one place, and for the rows of a segment
  std::uint64_t seed = 0;
  const char* label = "rounding";                       // of the progress
};

struct SweepStep {
  Layer layer;
  ValueId shortcut = ValueId::none;  // known before the layer, and added to its result by the only node that reads that
  std::vector<ValueId> before;       // values that the layer and what follows it need
  std::int64_t rows = 0;             // to be looked at
};

struct SweepSegment {
  std::vector<SweepStep> steps;
  std::vector<ValueId> end;          // needed behind it; empty: nothing follows
  std::int64_t samples = 0;          // so many are looked at
};

// What the float values of one batch look like.
struct BatchShapes {
  std::map<ValueId, Shape> values;
  std::int64_t samples = 1;   // in the batch
};

// Rows that are looked at of a layer with so many inputs a channel.
std::int64_t rows_of_layer(std::int64_t columns, int weight_bits, const SweepOptions& options);

// `samples`: of the dataset.
std::vector<SweepSegment> plan_sweep(const Graph& graph, const BatchShapes& shapes, std::int64_t samples, const SweepOptions& options);

}  // namespace halftone
