// LayerSweep (DESIGN, idea 6): one walk over the layers with both networks' inputs of each, x of the float network and x^ of
// the network quantized so far, as sampled rows.
//
// The walk goes from cut to cut: places where the values still needed are few enough to be kept for all samples (x in
// float32, x^ as codes). A layer that reads such a value costs no computation; inside a segment between two cuts the quantized
// stream is recomputed from the cut. So the work grows with the number of layers, and memory with options.store_bytes.
#pragma once

#include <cstdint>
#include <vector>

#include "data/dataset.h"
#include "ranges/patches.h"

namespace halftone {

struct SweepOptions {
  std::int64_t positions = 64;                  // of each picture, at most
  std::int64_t rows = 16384, few_columns_rows = 4096;  // of a layer, at most; where a group has few columns, fewer tell as much
  std::int64_t inner_samples = 64;              // where the stream is recomputed: so many samples, with more positions each
  std::uint64_t store_bytes = 80u << 20;       // for the values of one cut
  std::uint64_t seed = 0;
};

// Rows of a layer: [group][rows x columns].
using Rows = std::vector<std::vector<float>>;

// What a layer-wise method does.
class SweepVisitor {
 public:
  virtual ~SweepVisitor() = default;
  virtual void begin(const Layer& layer, std::int64_t groups, std::int64_t columns) = 0;
  virtual void add(const Rows& x, const Rows& quantized, std::int64_t rows) = 0;  // the same rows of both networks
  virtual void end(Graph& graph, Layer layer) = 0;  // may change the layer's weight and bias; layers behind see it
};

struct SweepReport {
  int layers = 0, segments = 0;
};

// Visits every quantized layer of the graph, in topological order. All grids must be complete.
SweepReport sweep_layers(Graph& graph, const SampleSource& data, const SweepOptions& options, const Job& job, SweepVisitor& visitor);

}  // namespace halftone
