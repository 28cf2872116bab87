// Calibration: one pass of the float network over the samples, with chosen values watched.
#pragma once

#include <functional>
#include <map>
#include <vector>

#include "evaluation/batches.h"
#include "ranges/estimators.h"

namespace halftone {

// Runs the float network over up to `most` samples (-1: all) and shows each watched value after each batch. `watch`
// also gets the view's least and greatest value, and returns false to end early. Throws Error naming the sample and value when one is NaN or infinite.
using Watch = std::function<bool(const Batch& batch, const TapView& view, Range range)>;
void watch_values(const Graph& graph, const std::vector<ValueId>& values, const SampleSource& data, std::int64_t most,
                  std::string_view step, const Job& job, const Watch& watch);

// Statistics for range estimation of each value.
std::map<ValueId, ValueStatistics> gather_statistics(const Graph& graph, const std::vector<ValueId>& values, const SampleSource& data,
                                                     std::int64_t bins, bool per_sample, const Job& job);

// Least and greatest of each channel (axis 1) of a view, merged into min and max.
void merge_channel_extremes(const TapView& view, std::vector<float>& min, std::vector<float>& max, int threads);

}  // namespace halftone
