// Sets the grids of the activations from one pass over the samples (METHODS 3.1), then makes the int32 biases fit.
//   - One range a grid, measured where it begins; values that share the grid follow.
//   - Behind a clamp the grid never reaches beyond its bounds, so that the clamp may be left out by a runtime.
//   - Scores (graph outputs, and what a Softmax reads) keep their maximum: two classes are never clipped into a tie.
//   - A bias that would not fit into int32: the weight scale of that channel is widened, and said so (METHODS 2.3).
// Needs samples.
#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "operators/clamp.h"
#include "passes/calibrated.h"
#include "passes/fit_bias.h"
#include "passes/shared_grids.h"

namespace halftone {
namespace {

// Lets the end of a grid that lies less than a step beyond the clamp's bound end at the bound.
void shrink_to(float& scale, std::int32_t codes, float bound) {
  const float end = static_cast<float>(codes);
  const bool beyond = std::fabs(scale * end) > std::fabs(bound), by_less_than_a_step = std::fabs(scale * end - bound) < scale;
  if (bound == 0 || codes == 0 || !beyond || !by_less_than_a_step) return;
  scale = bound / end;
  while (std::fabs(scale * end) > std::fabs(bound)) scale = std::nextafter(scale, 0.0f);
}

// The rounding of zero_point can put an end up to half a step beyond the clamp's bound that the range met.
void stay_within(Encoding& encoding, const Clamp& clamp) {
  const std::int32_t zero = encoding.zero_point[0];
  shrink_to(encoding.scale[0], encoding.code_min() - zero, clamp.low);
  shrink_to(encoding.scale[0], encoding.code_max() - zero, clamp.high);
}

void settle(Graph& graph, const SharedGrid& grid, const ValueStatistics& statistics, const PassContext& context, PassReport& report) {
  Encoding encoding = *graph.value(grid.measured).encoding;
  const Range range = estimated_range(graph, grid, statistics, context.options);
  const Range full = statistics.histogram.range();
  if (full.min == full.max) report.note("'{}' is {} on all samples", graph.value(grid.measured).name, full.min);
  encoding.scale = {1};
  encoding.zero_point = {0};
  set_range(encoding, 0, range);
  if (const Node* producer = graph.producer(grid.measured)) {
    if (const auto clamp = clamp_of(graph, *producer)) stay_within(encoding, *clamp);
  }
  const auto shared = std::make_shared<const Encoding>(std::move(encoding));
  for (ValueId id : grid.values) graph.edit(id).encoding = shared;
  ++report.changed;
}

ValueStatistics statistics_of(const Tensor& constant, std::int64_t bins, int threads) {
  ValueStatistics statistics(bins);
  const auto values = constant.values<float>();
  statistics.histogram.add(values.data(), constant.size(), threads);
  statistics.samples = {statistics.histogram.range()};
  return statistics;
}

PassReport activation_ranges(Graph& graph, PassContext& context) {
  PassReport report;
  const std::vector<SharedGrid> grids = open_grids(graph);
  const std::map<ValueId, ValueStatistics> statistics = calibrated(graph, context).statistics;
  for (const SharedGrid& grid : grids) {
    if (const Tensor* constant = graph.constant(grid.measured)) {
      settle(graph, grid, statistics_of(*constant, context.options.bins, context.job.threads), context, report);
    } else {
      settle(graph, grid, statistics.at(grid.measured), context, report);
    }
  }
  report.summary = counted(report.changed, "grid");
  for (const Layer& layer : layers_of(graph)) fit_bias(graph, layer, context, report);
  return report;
}

}  // namespace

extern const Pass kActivationRanges{"activation_ranges", "sets the grids of the activations from the samples", Needs::samples, activation_ranges};

}  // namespace halftone
