// LayerSweep (DESIGN, idea 6): one walk over the layers with sampled rows of each, x^ that the network quantized so far
// puts in and t that should come out.
//
// t is the float network's result. Where that is added to a shortcut, t also mends the shortcut's error: t = W x + b + v - v^.
// The float network runs once. The quantized one is kept at the layer it has come to, as codes, and moves on from there: the
// work grows with the number of layers. Where its values are too many to keep for all samples, fewer are looked at.
#pragma once

#include <cstdint>

#include "data/dataset.h"
#include "ranges/rows.h"
#include "ranges/sweep_plan.h"

namespace halftone {

// What a layer-wise method does.
class SweepVisitor {
 public:
  virtual ~SweepVisitor() = default;
  virtual void begin(const Layer& layer, const LayerRows& shape) = 0;
  virtual void add(const RowBlock& block) = 0;  // t includes the bias
  virtual void end(Graph& graph, Layer layer) = 0;  // may change the layer's weight and bias; layers behind see it
};

struct SweepReport {
  int layers = 0, segments = 0;
  int layers_of_few = 0;              // layers that fewer samples than all were looked at for,
  std::int64_t few = 0;               // and the least number of them
};

// Visits every quantized layer of the graph, in topological order. All grids must be complete.
SweepReport sweep_layers(Graph& graph, const SampleSource& data, const SweepOptions& options, const Job& job, SweepVisitor& visitor);

// Bytes of the rows of such a layer that a visitor gets at once and may keep in a form of its own.
std::uint64_t bytes_at_once(const LayerRows& shape, std::int64_t rows_of_batch);

}  // namespace halftone
