#include "ranges/value_statistics.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "ranges/estimators.h"

using namespace halftone;

namespace {

// `samples` samples of `each` values; draw(i) is value i of all.
template <typename Draw>
ValueStatistics statistics_of(std::int64_t samples, std::int64_t each, const Draw& draw) {
  ValueStatistics statistics;
  for (std::int64_t s = 0; s < samples; ++s) {
    std::vector<float> values;
    for (std::int64_t i = 0; i < each; ++i) values.push_back(draw(s * each + i));
    const Range range = extremes_of(values.data(), each, 1).range;
    statistics.histogram.add_samples(values.data(), 1, each, s, range, 1);
    statistics.samples.push_back(range);
  }
  return statistics;
}

float exponential(const Random& random, std::int64_t i) { return static_cast<float>(-std::log(1 - random.uniform(static_cast<std::uint64_t>(i)))); }

double weight_beyond(const std::vector<Histogram::Bin>& bins, double end) {
  double count = 0;
  for (const Histogram::Bin& bin : bins) count += bin.centre > end ? bin.count : 0;
  return count;
}

}  // namespace

TEST(ExpectedBins, PutOneValueBeyondTheEndOfATail) {
  const Random random(3, "tail");
  const ValueStatistics statistics = statistics_of(16, 50, [&](std::int64_t i) { return exponential(random, i); });
  const std::vector<Histogram::Bin> bins = expected_bins(statistics);
  const double end = statistics.histogram.range().max;
  EXPECT_NEAR(weight_beyond(bins, end), 1, 1e-9);
  // The excesses of an exponential law over any value have its own mean, 1 here: the last of four parts of equal probability
  // lies -log(1/8) of it beyond; four excesses tell the mean to a half.
  EXPECT_NEAR(bins.back().centre - end, -std::log(1.0 / 8), 1.5);
  EXPECT_GE(bins.front().centre, 0) << "no value is negative";
}

TEST(ExpectedBins, EndAtABoundThatTwoSamplesReach) {
  const Random random(3, "bound");
  const ValueStatistics statistics = statistics_of(20, 50, [&](std::int64_t i) { return std::min(exponential(random, i), 1.0f); });
  EXPECT_EQ(expected_bins(statistics).back().centre, statistics.histogram.filled().back().centre);
}

TEST(ExpectedBins, AreTheHistogramsForOneSample) {
  const Random random(3, "one");
  const ValueStatistics statistics = statistics_of(1, 50, [&](std::int64_t i) { return exponential(random, i); });
  EXPECT_EQ(expected_bins(statistics).size(), statistics.histogram.filled().size());
}

TEST(ExpectedBins, CountClippingMoreWhereFewSamplesReach) {
  const Random random(3, "few");
  const auto drawn = [&](std::int64_t i) { return exponential(random, i); };
  const ValueStatistics few = statistics_of(16, 50, drawn), many = statistics_of(1024, 50, drawn);
  const auto ratio_at_the_end = [](const ValueStatistics& statistics) {
    const std::vector<Histogram::Bin> bins = expected_bins(statistics);
    return bins.back().clipped / bins.back().count;
  };
  EXPECT_NEAR(ratio_at_the_end(few), 1 + 3 * std::sqrt(5.0), 1e-9);
  EXPECT_LT(ratio_at_the_end(many), 1.01);
}

// A range from 16 samples of a heavy tail loses less on other samples with what is expected than without.
TEST(ExpectedBins, MakeRangesThatHoldOnOtherSamples) {
  double seen = 0, expected = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Random random(seed, "new");
    const ValueStatistics statistics = statistics_of(16, 32, [&](std::int64_t i) { return exponential(random, i); });
    ValueStatistics without = statistics;
    without.samples.clear();
    const ValueStatistics other = statistics_of(64, 32, [&](std::int64_t i) { return exponential(random, 100000 + i); });
    const auto loss = [&](const ValueStatistics& from) {
      Encoding grid{.bits = 8};
      grid.scale = {1};
      grid.zero_point = {0};
      set_range(grid, 0, estimate_range(from, grid, {RangeMethod::mse}));
      return grid_error(other.histogram.filled(), grid);
    };
    seen += loss(without);
    expected += loss(statistics);
  }
  EXPECT_LT(expected, 0.5 * seen);
}
