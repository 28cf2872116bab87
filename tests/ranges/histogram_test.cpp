#include "ranges/histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/random.h"

using namespace halftone;

namespace {

std::vector<float> normals(std::size_t count, double deviation, std::uint64_t seed = 1) {
  const Random random(seed, "histogram");
  std::vector<float> values;
  for (std::size_t i = 0; i < count; ++i) values.push_back(static_cast<float>(deviation * random.normal(i)));
  return values;
}

bool equal(const Histogram& a, const Histogram& b) {
  const auto x = a.filled(), y = b.filled();
  return a.bin_width() == b.bin_width() && a.total() == b.total() && a.range().min == b.range().min && a.range().max == b.range().max &&
         std::equal(x.begin(), x.end(), y.begin(), y.end(), [](const auto& p, const auto& q) { return p.centre == q.centre && p.count == q.count; });
}

}  // namespace

TEST(Histogram, DoesNotDependOnOrderBatchesThreadsOrMerging) {
  std::vector<float> values = normals(200000, 1);
  const std::vector<float> large = normals(1000, 100, 2);
  values.insert(values.end(), large.begin(), large.end());
  Histogram whole(512), parts(512), reversed(512), left(512), right(512);
  whole.add(values.data(), static_cast<std::int64_t>(values.size()), 2);
  for (std::size_t i = 0; i < values.size(); i += 777) parts.add(&values[i], static_cast<std::int64_t>(std::min<std::size_t>(777, values.size() - i)), 1);
  left.add(values.data(), 100000, 1);
  right.add(values.data() + 100000, static_cast<std::int64_t>(values.size()) - 100000, 1);
  std::reverse(values.begin(), values.end());
  reversed.add(values.data(), static_cast<std::int64_t>(values.size()), 1);
  EXPECT_TRUE(equal(whole, parts));
  EXPECT_TRUE(equal(whole, reversed));
  Histogram merged = left, other_way = right;
  merged.merge(right);
  other_way.merge(left);
  EXPECT_TRUE(equal(whole, merged));
  EXPECT_TRUE(equal(whole, other_way));
}

TEST(Histogram, CountsEachValueInItsBin) {
  Histogram histogram(128);
  const std::vector<float> values = {-1, -0.5f, 0, 0, 0.25f, 1};
  histogram.add(values.data(), 6, 1);
  double count = 0, sum = 0;
  for (const auto& bin : histogram.filled()) {
    count += bin.count;
    sum += bin.count * bin.centre;
  }
  EXPECT_EQ(count, 6);
  EXPECT_NEAR(sum, -0.25, 6 * histogram.bin_width());
  EXPECT_EQ(histogram.range().min, -1);
  EXPECT_EQ(histogram.range().max, 1);
}

TEST(Histogram, TakesZerosAndTinyAndHugeValues) {
  Histogram histogram;
  const std::vector<float> zeros(100, 0.0f), tiny = {1e-38f, -1e-38f}, huge = {3e37f};
  for (const auto* values : {&zeros, &tiny, &huge, &zeros}) histogram.add(values->data(), static_cast<std::int64_t>(values->size()), 1);
  EXPECT_EQ(histogram.total(), 203);
  EXPECT_EQ(histogram.range().max, 3e37f);
  EXPECT_LE(histogram.quantile(0.5), histogram.bin_width());
}

TEST(Histogram, HasTheQuantilesOfItsValues) {
  std::vector<float> values = normals(100000, 2);
  Histogram histogram;
  histogram.add(values.data(), 100000, 2);
  std::sort(values.begin(), values.end());
  for (double p : {0.001, 0.1, 0.5, 0.9, 0.999}) {
    EXPECT_NEAR(histogram.quantile(p), values[static_cast<std::size_t>(p * 100000)], 2 * histogram.bin_width()) << p;
  }
}

TEST(Histogram, RefusesTooFewBins) { EXPECT_THROW(Histogram(100), UsageError); }

TEST(Extremes, FindNanAndInfinityAnywhere) {
  for (std::size_t at : {0u, 5u, 16u, 31u, 32u, 40u}) {
    for (float bad : {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(), std::nanf("")}) {
      std::vector<float> values = normals(41, 1);
      EXPECT_TRUE(extremes_of(values.data(), 41, 1).finite);
      values[at] = bad;
      EXPECT_FALSE(extremes_of(values.data(), 41, 1).finite) << at << ", " << bad;
    }
  }
}

TEST(Histogram, LooksAtPartOfLargeSamplesWhateverTheBatchesAndThreads) {
  const std::int64_t each = 200001, samples = 4;
  const std::vector<float> values = normals(static_cast<std::size_t>(samples * each), 1, 7);
  const Range range = extremes_of(values.data(), samples * each, 1).range;
  Histogram all, one_by_one, at_once;
  all.add(values.data(), samples * each, range, 1);
  at_once.add_samples(values.data(), samples, each, 0, range, 2);
  for (std::int64_t s = 0; s < samples; ++s) one_by_one.add_samples(&values[static_cast<std::size_t>(s * each)], 1, each, s, range, 1);
  EXPECT_TRUE(equal(at_once, one_by_one));
  EXPECT_NEAR(static_cast<double>(at_once.total()), static_cast<double>(all.total()), 0.1 * static_cast<double>(all.total()));
  EXPECT_EQ(at_once.range().max, all.range().max);
  for (double p : {0.001, 0.1, 0.5, 0.9, 0.999}) EXPECT_NEAR(at_once.quantile(p), all.quantile(p), 0.05) << p;
}

TEST(Histogram, SeesAllChannelsOfLargeSamples) {
  const std::int64_t channels = 96, positions = 56 * 56;  // one value a channel, channels innermost
  std::vector<float> values;
  for (std::int64_t i = 0; i < channels * positions; ++i) values.push_back(static_cast<float>(i % channels) + 0.5f);
  Histogram histogram(256);
  histogram.add_samples(values.data(), 1, channels * positions, 3, {0.5f, 95.5f}, 1);
  const auto bins = histogram.filled();
  EXPECT_EQ(std::ssize(bins), channels);
  for (const auto& bin : bins) EXPECT_NEAR(bin.count, positions, 0.2 * positions) << bin.centre;
}

TEST(Histogram, CountsSmallSamplesWhole) {
  const std::vector<float> values = normals(2 * Histogram::kMostOfSample, 1);
  Histogram whole, samples;
  const Range range = extremes_of(values.data(), std::ssize(values), 1).range;
  whole.add(values.data(), std::ssize(values), range, 1);
  samples.add_samples(values.data(), 2, Histogram::kMostOfSample, 0, range, 2);
  EXPECT_TRUE(equal(whole, samples));
}
