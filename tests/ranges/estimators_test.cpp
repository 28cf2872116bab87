#include "ranges/estimators.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/random.h"

using namespace halftone;

namespace {

ValueStatistics statistics_of(const std::vector<float>& values, std::int64_t bins = Histogram::kDefaultBins) {
  ValueStatistics s(bins);
  s.histogram.add(values.data(), static_cast<std::int64_t>(values.size()), 1);
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  s.samples = {{*low, *high}};
  return s;
}

std::vector<float> normals(std::size_t count) {
  const Random random(2, "normals");
  std::vector<float> values;
  for (std::size_t i = 0; i < count; ++i) values.push_back(static_cast<float>(random.normal(i)));
  return values;
}

double error_on_values(const std::vector<float>& values, const Encoding& grid, Range range) {
  Encoding e = grid;
  e.scale = {1};
  e.zero_point = {0};
  set_range(e, 0, range);
  const Tensor x = Tensor::from<float>({static_cast<std::int64_t>(values.size())}, values);
  const Tensor back = dequantize(quantize(x, e), e, x.shape());
  double error = 0;
  for (std::size_t i = 0; i < values.size(); ++i) error += std::pow(static_cast<double>(values[i]) - back.values<float>()[i], 2);
  return error;
}

}  // namespace

TEST(MseRange, IsAsGoodAsBruteForceOverBothEnds) {
  for (int bits : {4, 8}) {
    std::vector<float> values = normals(4000);
    values.push_back(9);     // outliers of differing size on the two sides
    values.push_back(-30);
    for (float& v : values) v += 0.5f;
    const Encoding grid{.bits = bits};
    const Range found = estimate_range(statistics_of(values), grid, {RangeMethod::mse});
    double best = 1e300;
    for (int i = 1; i <= 60; ++i) {
      for (int j = 1; j <= 60; ++j) best = std::min(best, error_on_values(values, grid, {-29.5f * static_cast<float>(i) / 60, 9.5f * static_cast<float>(j) / 60}));
    }
    EXPECT_LE(error_on_values(values, grid, found), best * 1.02) << bits << " bits: " << found.min << ".." << found.max;
  }
}

TEST(MseRange, KeepsTheMaximumOfScores) {
  std::vector<float> values = normals(4000);
  values.push_back(25);
  const Encoding grid{.bits = 4};
  EXPECT_LT(estimate_range(statistics_of(values), grid, {RangeMethod::mse}).max, 24);
  EXPECT_EQ(estimate_range(statistics_of(values), grid, {RangeMethod::mse, 99.9, true}).max, 25);
}

TEST(MseRange, CutsTheOtherEndOfScores) {
  std::vector<float> values = normals(4000);
  values.push_back(-25);
  const Range range = estimate_range(statistics_of(values), Encoding{.bits = 4}, {RangeMethod::mse, 99.9, true});
  EXPECT_GT(range.min, -15);
  EXPECT_EQ(range.max, *std::max_element(values.begin(), values.end()));
}

// Of more than Histogram::kMostOfSample values the bins hold a part, the range holds all.
TEST(MseRange, ReachesValuesThatTheHistogramLeftOut) {
  std::vector<float> values(100000, 0.0f);
  values[1] = 3;
  const Range seen = extremes_of(values.data(), std::ssize(values), 1).range;
  ValueStatistics statistics;
  statistics.histogram.add_samples(values.data(), 1, std::ssize(values), 0, seen, 1);
  statistics.samples = {seen};
  EXPECT_EQ(estimate_range(statistics, Encoding{}, {RangeMethod::mse, 99.9, true}).max, 3);
}

TEST(PercentileRange, CutsEachSideByItself) {  // case G4
  std::vector<float> values = normals(100000);
  for (int i = 0; i < 5; ++i) values.insert(values.end(), {50.0f, -50.0f});
  for (std::int64_t bins : {std::int64_t{2048}, Histogram::kDefaultBins}) {
    const Range range = estimate_range(statistics_of(values, bins), Encoding{}, {RangeMethod::percentile, 99.9});
    EXPECT_NEAR(range.min, -3.3, 0.33) << bins;
    EXPECT_NEAR(range.max, 3.3, 0.33) << bins;
  }
  const Range coarse = estimate_range(statistics_of(values, 128), Encoding{}, {RangeMethod::percentile, 99.9});  // its bins are 0.8 wide, or wider
  EXPECT_NEAR(coarse.min, -3.3, 1.6);
  EXPECT_NEAR(coarse.max, 3.3, 1.6);
}

TEST(KlRange, OfANormalLiesBetweenItsBodyAndItsMaximumAndOfAConstantIsTheConstant) {  // case G4
  const std::vector<float> values = normals(100000);
  const Range range = estimate_range(statistics_of(values, 2048), Encoding{.is_signed = true, .symmetric = true}, {RangeMethod::kl});
  EXPECT_GT(range.max, 2.5);
  EXPECT_LE(range.max, *std::max_element(values.begin(), values.end()));
  EXPECT_EQ(estimate_range(statistics_of(std::vector<float>(100, 2.0f)), Encoding{}, {RangeMethod::kl}).max, 2);
  EXPECT_THROW(estimate_range(statistics_of(values, 128), Encoding{}, {RangeMethod::kl}), UsageError);
}

TEST(KlRange, OfALaplacianLiesBetweenItsBodyAndItsMaximum) {  // case G4
  const Random random(2, "laplace");
  std::vector<float> values;
  for (std::size_t i = 0; i < 100000; ++i) {
    const double u = random.uniform(i) - 0.5;
    values.push_back(static_cast<float>((u < 0 ? 1 : -1) * std::log(1 - 2 * std::fabs(u) + 1e-12)));
  }
  const float most = std::max(*std::max_element(values.begin(), values.end()), -*std::min_element(values.begin(), values.end()));
  for (std::int64_t bins : {std::int64_t{2048}, Histogram::kDefaultBins}) {
    const Range range = estimate_range(statistics_of(values, bins), Encoding{.is_signed = true, .symmetric = true}, {RangeMethod::kl});
    EXPECT_GT(range.max, 2.5) << bins;
    EXPECT_LE(range.max, most) << bins;
  }
  EXPECT_THROW(estimate_range(statistics_of(values, 128), Encoding{}, {RangeMethod::kl}), UsageError);
}

TEST(EveryMethod, ContainsZeroAndLiesWithinMinMax) {
  for (RangeMethod method : {RangeMethod::mse, RangeMethod::minmax, RangeMethod::mean_minmax, RangeMethod::percentile, RangeMethod::kl}) {
    for (float shift : {-8.0f, 0.0f, 8.0f}) {
      std::vector<float> values = normals(20000);
      for (float& v : values) v += shift;
      const auto [low, high] = std::minmax_element(values.begin(), values.end());
      const Range range = estimate_range(statistics_of(values), Encoding{}, {method});
      EXPECT_LE(range.min, 0);
      EXPECT_GE(range.max, 0);
      EXPECT_GE(range.min, std::min(*low, 0.0f) - 1e-6f);
      EXPECT_LE(range.max, std::max(*high, 0.0f) + 1e-6f);
    }
  }
}

TEST(MseWeightRange, HasTheLeastExpectedErrorAmongManyScales) {
  const std::vector<float> values = normals(64);
  Encoding grid{.bits = 4, .is_signed = true, .symmetric = true, .scale = {1}, .zero_point = {0}};
  const auto cost = [&](float scale) {
    double error = 0, shift = 0;
    for (float w : values) {
      const double d = w - static_cast<double>(scale) * std::clamp(std::nearbyint(w / scale), -8.0f, 7.0f);
      error += d * d;
      shift += d;
    }
    return error + shift * shift / (3.14159265358979 - 1);
  };
  set_mse_weight_range(grid, 0, values);
  double best = 1e300;
  float top = 0;
  for (float w : values) top = std::max(top, std::fabs(w));
  for (int i = 300; i <= 1000; ++i) best = std::min(best, cost(top / 7 * static_cast<float>(i) / 1000));
  EXPECT_LE(cost(grid.scale[0]), best * 1.15);
  EXPECT_LT(cost(grid.scale[0]), cost(top / 7));
}

TEST(MseWeightRange, OfZerosIsAValidScale) {
  Encoding grid{.is_signed = true, .symmetric = true, .scale = {1}, .zero_point = {0}};
  set_mse_weight_range(grid, 0, std::vector<float>(9, 0.0f));
  EXPECT_GT(grid.scale[0], 0);
}

TEST(RangeMethod, OffersTheMethodsForAWrongName) {
  try {
    range_method("mean");
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("'mse', 'minmax', 'mean-minmax', 'percentile' or 'kl'"));
  }
}
