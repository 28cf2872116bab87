// Calibration: what one run of the float network over the samples tells about its values.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "evaluation/float_outputs.h"
#include "operators/clamp.h"
#include "ranges/estimators.h"

namespace halftone {

// Runs the float network over up to `most` samples (-1: all) and shows each watched value after each batch.
using Watch = std::function<void(const Batch& batch, const TapView& view)>;
void watch_values(const Graph& graph, const std::vector<ValueId>& values, const SampleSource& data, std::int64_t most,
                  std::string_view step, const Job& job, const Watch& watch);

// Least and greatest of each sample of a watched value; of a batch whose samples are not apart, of all. Throws Error naming
// the sample and the value when one is NaN or infinite.
std::vector<Range> finite_ranges(const Graph& graph, const Batch& batch, const TapView& view, const SampleSource& data, int threads);

// Least and greatest of each channel (axis 1).
struct ChannelRange {
  std::vector<float> min, max;

  void merge(const TapView& view, int threads);

  float median_width() const;

  // Which channels hold one constant behind the clamp, on other samples too: they would vary by at most 1e-3 of the median
  // width if they reached as far again on both sides. A channel that the clamp cuts on all samples alone is none.
  std::vector<bool> constant_channels(const Clamp& clamp) const;
};

struct Calibration {
  std::map<ValueId, ValueStatistics> statistics;
  std::map<ValueId, ChannelRange> channels;
  std::shared_ptr<const FloatOutputs> outputs;          // null: they take too much memory
};

struct CalibrationWishes {
  std::vector<ValueId> statistics, channels;
  std::int64_t bins = Histogram::kDefaultBins;
  std::uint64_t seed = 0;
};

// Throws Error naming the sample and the value when a value of the statistics is NaN or infinite.
Calibration calibrate(const Graph& graph, const CalibrationWishes& wishes, const SampleSource& data, const Job& job);

}  // namespace halftone
