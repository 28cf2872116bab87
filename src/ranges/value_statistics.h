// What one value gathers over the calibration samples, and what it lets expect of samples that were not seen.
#pragma once

#include <vector>

#include "ranges/histogram.h"

namespace halftone {

struct ValueStatistics {
  explicit ValueStatistics(std::int64_t bins = Histogram::kDefaultBins, std::uint64_t seed = 0) : histogram(bins, seed) {}
  Histogram histogram;
  std::vector<Range> samples;  // least and greatest of each, in their order
};

// The histogram's bins in ascending order, and what samples that were not seen are expected to hold beyond both ends.
//
// Beyond: of as many samples again one value is expected to reach further than all. How far follows an exponential law whose
// mean is the mean excess of the few greatest extremes over the next (Pickands 1975). Where two samples reach the same end
// it is a bound, and nothing lies beyond; nor beyond 0, where all values have one sign.
//
// What is clipped comes from few samples, and others may hold more of it: a bin's `clipped` is its count times
// 1 + 3 sqrt(5 / k) where k samples reach so far, three standard errors of a mean of k squares of exponential values (whose
// variance is five times the square of their mean).
//
// Both count in full for up to 16 samples, less with the square of their number, and not at all from 100 on: what lies near
// the ends of hundreds of samples is known well enough, and room for more costs more than it gains (docs/decisions/0012).
std::vector<Histogram::Bin> expected_bins(const ValueStatistics& statistics);

}  // namespace halftone
