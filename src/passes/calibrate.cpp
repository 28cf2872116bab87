// Runs the float network over the samples, once for all passes: statistics of the values whose grids are open, ranges of the
// channels that layers read, and the outputs, which the quantized network will be compared with. Needs samples. Changes nothing.
//
// fold_constant_channels, which runs behind it, moves no value by more than 1e-3 of a channel's range: the statistics stand.
#include <algorithm>

#include "base/text.h"
#include "operators/layer.h"
#include "passes/calibrated.h"
#include "passes/layer_chain.h"
#include "passes/shared_grids.h"

namespace halftone {
namespace {

CalibrationWishes wishes_of(const Graph& graph, const QuantizeOptions& options) {
  CalibrationWishes wishes{{}, {}, options.bins, options.seed};
  for (const SharedGrid& grid : open_grids(graph)) {
    if (!graph.value(grid.measured).is_constant()) wishes.statistics.push_back(grid.measured);
  }
  for (const Layer& layer : layers_of(graph)) {
    if (chain_of(graph, layer)) wishes.channels.push_back(layer.output);
  }
  return wishes;
}

bool covers(const Calibration& calibration, const CalibrationWishes& wishes) {
  return std::all_of(wishes.statistics.begin(), wishes.statistics.end(), [&](ValueId id) { return calibration.statistics.contains(id); });
}

PassReport calibrate_pass(Graph& graph, PassContext& context) {
  PassReport report;
  const Calibration& found = calibrated(graph, context);
  report.summary = counted(context.data->size(), "sample") + ", " + counted(std::ssize(found.statistics), "value");
  return report;
}

}  // namespace

const Calibration& calibrated(const Graph& graph, PassContext& context) {
  const CalibrationWishes wishes = wishes_of(graph, context.options);
  if (context.calibration && covers(*context.calibration, wishes)) return *context.calibration;
  const std::shared_ptr<const FloatOutputs> before = context.calibration ? context.calibration->outputs : nullptr;
  context.calibration = calibrate(graph, wishes, *context.data, context.job);
  if (before != nullptr || context.float_network_changed) context.calibration->outputs = before;
  return *context.calibration;
}

extern const Pass kCalibrate{"calibrate", "runs the float network over the samples, for the passes behind", Needs::samples, calibrate_pass};

}  // namespace halftone
