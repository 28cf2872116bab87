// Calibration: one pass of the float network over the samples, with chosen values watched.
#pragma once

#include <functional>
#include <map>
#include <vector>

#include "evaluation/float_outputs.h"
#include "ranges/estimators.h"

namespace halftone {

// Runs the float network over up to `most` samples (-1: all) and shows each watched value after each batch. `watch` returns
// false when it has seen enough of a value: the run ends early when that holds for all. `outputs`, where given, are kept.
using Watch = std::function<bool(const Batch& batch, const TapView& view)>;
void watch_values(const Graph& graph, const std::vector<ValueId>& values, const SampleSource& data, std::int64_t most,
                  std::string_view step, const Job& job, FloatOutputs* outputs, const Watch& watch);

// The least and greatest number of a watched value. Throws Error naming the sample and the value when one is NaN or infinite.
Range finite_range(const Graph& graph, const Batch& batch, const TapView& view, const SampleSource& data, int threads);

// Statistics for range estimation of each value.
std::map<ValueId, ValueStatistics> gather_statistics(const Graph& graph, const std::vector<ValueId>& values, const SampleSource& data,
                                                     std::int64_t bins, bool per_sample, const Job& job, FloatOutputs* outputs = nullptr);

// Least and greatest of each channel (axis 1) of a view, merged into min and max.
void merge_channel_extremes(const TapView& view, std::vector<float>& min, std::vector<float>& max, int threads);

}  // namespace halftone
