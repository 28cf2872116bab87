#include "ranges/rounding.h"

#include <cmath>
#include <limits>

#include "base/random.h"
#include "support/normals.h"

using namespace halftone;
using namespace halftone::test;

namespace {

using Matrix = std::vector<double>;

// Covariance of `rows` random rows, columns mixed with each other.
Matrix covariance(std::int64_t columns, std::int64_t rows, std::uint64_t seed) {
  const Random random(seed, "covariance");
  std::vector<double> x(static_cast<std::size_t>(rows * columns));
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = random.normal(i) + (i % static_cast<std::size_t>(columns) > 0 ? 0.7 * x[i - 1] : 0.0);
  Matrix h(static_cast<std::size_t>(columns * columns), 0.0);
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t i = 0; i < columns; ++i) {
      for (std::int64_t j = 0; j < columns; ++j) {
        h[static_cast<std::size_t>(i * columns + j)] += x[static_cast<std::size_t>(r * columns + i)] * x[static_cast<std::size_t>(r * columns + j)] / static_cast<double>(rows);
      }
    }
  }
  return h;
}

// What w asks for, channel after channel: Cov(x^, t) = G w, where G = Cov(x^, x).
Matrix cross_of(const Matrix& g, const std::vector<float>& w) {
  const auto columns = static_cast<std::size_t>(std::sqrt(static_cast<double>(g.size()))), channels = w.size() / columns;
  Matrix cross(w.size(), 0.0);
  for (std::size_t k = 0; k < columns; ++k) {
    for (std::size_t c = 0; c < channels; ++c) {
      for (std::size_t i = 0; i < columns; ++i) cross[k * channels + c] += g[k * columns + i] * w[c * columns + i];
    }
  }
  return cross;
}

// The least error over all codes, with w* = w (cross = quantized): (s q - w)^T (H + l I) (s q - w).
double best_by_enumeration(const Matrix& h, const std::vector<float>& w, double scale, CodeRange range, double shrinkage) {
  const std::size_t columns = w.size();
  std::vector<std::int32_t> q(columns, range.low);
  double best = std::numeric_limits<double>::infinity();
  for (bool more = true; more;) {
    double error = 0;
    for (std::size_t i = 0; i < columns; ++i) {
      for (std::size_t j = 0; j < columns; ++j) error += (scale * q[i] - w[i]) * (h[i * columns + j] + (i == j ? shrinkage : 0)) * (scale * q[j] - w[j]);
    }
    best = std::min(best, error);
    more = false;
    for (std::size_t i = 0; i < columns && !more; ++i) {
      if (q[i] < range.high) {
        ++q[i];
        more = true;
      } else {
        q[i] = range.low;
      }
    }
  }
  return best;
}

}  // namespace

TEST(RoundingSolver, GivesEachChannelCodesOfItsOwnRange) {
  const std::int64_t columns = 12;
  const Matrix h = covariance(columns, 500, 3);
  const std::vector<float> all = normals(columns * 20, 4);
  RoundingProblem problem{all, cross_of(h, all), std::vector<float>(20, 0.3f), {}, false};
  for (int c = 0; c < 20; ++c) problem.ranges.push_back(c % 3 == 0 ? CodeRange{-2, 1} : c % 3 == 1 ? CodeRange{-8, 7} : CodeRange{-128, 127});
  const RoundedWeights together = RoundingSolver(h, columns, 0.1, 1).solve(problem, 2);
  for (std::size_t c = 0; c < 20; ++c) {
    const auto from = static_cast<std::ptrdiff_t>(c) * columns;
    const std::vector<float> w(problem.weights.begin() + from, problem.weights.begin() + from + columns);
    const RoundedWeights alone = RoundingSolver(h, columns, 0.1, 1).solve({w, cross_of(h, w), {0.3f}, {problem.ranges[c]}, false}, 1);
    EXPECT_TRUE(std::equal(alone.codes.begin(), alone.codes.end(), together.codes.begin() + from)) << c;
    for (std::int32_t code : alone.codes) EXPECT_TRUE(code >= problem.ranges[c].low && code <= problem.ranges[c].high) << c;
  }
}

TEST(RoundingSolver, ComesNearTheBestOfAllCodes) {
  const std::int64_t columns = 6;
  const CodeRange range = {-2, 1};
  double found = 0, best = 0, nearest = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Matrix h = covariance(columns, 1000, seed);
    const std::vector<float> w = normals(columns, seed);
    const double scale = 0.7;
    const RoundedWeights rounded = RoundingSolver(h, columns, 0.1, 1).solve({w, cross_of(h, w), {static_cast<float>(scale)}, {range}, false}, 1);
    double mean = 0;
    for (std::int64_t i = 0; i < columns; ++i) mean += h[static_cast<std::size_t>(i * columns + i)] / static_cast<double>(columns);
    const double least = best_by_enumeration(h, w, scale, range, 0.1 * mean);
    EXPECT_GE(rounded.error[0], least * (1 - 1e-4)) << seed;
    EXPECT_LE(rounded.error[0], rounded.nearest_error[0]) << seed;
    found += rounded.error[0];
    best += least;
    nearest += rounded.nearest_error[0];
  }
  EXPECT_LT(found, 1.05 * best);
  EXPECT_GT(nearest, 1.3 * best);  // the problem is one where it matters
}

TEST(RoundingSolver, ScalesMayOnlyHelp) {
  const std::int64_t columns = 40;
  const Matrix h = covariance(columns, 500, 3);
  const std::vector<float> w = normals(columns * 70, 4);
  const RoundingProblem fixed{w, cross_of(h, w), std::vector<float>(70, 0.2f), std::vector<CodeRange>(70, {-8, 7}), false};
  RoundingProblem free = fixed;
  free.fits_scales = true;
  const RoundingSolver solver(h, columns, 0.1, 2);
  const RoundedWeights a = solver.solve(fixed, 1), b = solver.solve(free, 2);
  double before = 0, after = 0;
  for (std::size_t c = 0; c < 70; ++c) {
    EXPECT_LE(b.error[c], a.error[c] * (1 + 1e-6)) << c;
    before += a.error[c];
    after += b.error[c];
  }
  EXPECT_LT(after, 0.95 * before);
}

TEST(RoundingSolver, NeverFails) {  // cases R2, R3
  const std::int64_t columns = 5;
  Matrix dead(25, 0.0), copies(25, 2.0), one_sample(25);
  for (std::size_t i = 0; i < 25; ++i) one_sample[i] = static_cast<double>(i / 5 + 1) * static_cast<double>(i % 5 + 1);
  Matrix one_dead = copies;
  for (std::size_t i = 0; i < 5; ++i) one_dead[i] = one_dead[i * 5] = 0;
  for (const Matrix& h : {dead, copies, one_sample, one_dead}) {
    const RoundedWeights rounded = RoundingSolver(h, columns, 0.1, 1).solve({normals(columns, 1), cross_of(h, normals(columns, 1)), {0.01f}, {{-128, 127}}, true}, 1);
    EXPECT_LE(rounded.error[0], rounded.nearest_error[0]);
    EXPECT_TRUE(std::isfinite(rounded.error[0]) && rounded.scales[0] > 0);
    for (std::int32_t q : rounded.codes) EXPECT_TRUE(q >= -128 && q <= 127);
  }
}

TEST(RoundingSolver, HasTheSameCodesWithTwoThreads) {
  const std::int64_t columns = 50;
  const Matrix h = covariance(columns, 300, 3), g = covariance(columns, 300, 4);
  const std::vector<float> w = normals(columns * 100, 4);
  const RoundingProblem problem{w, cross_of(g, w), std::vector<float>(100, 0.3f), std::vector<CodeRange>(100, {-8, 7}), true};
  const RoundingSolver solver(h, columns, 0.1, 2);
  const RoundedWeights one = solver.solve(problem, 1), two = solver.solve(problem, 2);
  EXPECT_EQ(one.codes, two.codes);
  EXPECT_EQ(one.scales, two.scales);
}

TEST(RoundingSolver, TakesAnyUnitOfItsInputs) {  // float32 could not hold the squares
  const std::int64_t columns = 20;
  const Matrix h = covariance(columns, 300, 3);
  Matrix large = h;
  for (double& x : large) x *= std::ldexp(1.0, 180);
  const std::vector<float> w = normals(columns * 10, 4);
  const auto solve = [&](const Matrix& m) {
    return RoundingSolver(m, columns, 0.1, 1).solve({w, cross_of(m, w), std::vector<float>(10, 0.3f), std::vector<CodeRange>(10, {-8, 7}), true}, 1);
  };
  const RoundedWeights a = solve(h), b = solve(large);
  EXPECT_EQ(a.codes, b.codes);
  EXPECT_EQ(a.scales, b.scales);
  EXPECT_EQ(b.error[0], std::ldexp(a.error[0], 180));
}

TEST(RoundingSolver, TakesAScaleForEachBlockOfColumns) {
  const std::int64_t columns = 22, block = 8, blocks = 3, channels = 40;
  const Matrix h = covariance(columns, 500, 3);
  std::vector<float> w = normals(columns * channels, 4);
  for (std::size_t i = 0; i < w.size(); ++i) w[i] *= i % 22 < 8 ? 0.1f : i % 22 < 16 ? 1.0f : 4.0f;
  std::vector<float> common(channels), own;
  for (std::size_t c = 0; c < common.size(); ++c) {
    common[c] = 1.2f;
    for (float size : {0.03f, 0.3f, 1.2f}) own.push_back(size);
  }
  const std::vector<CodeRange> ranges(channels, {-8, 7});
  const RoundingSolver solver(h, columns, 0.1, 1);
  const RoundedWeights one = solver.solve({w, cross_of(h, w), common, ranges, true}, 1), all = solver.solve({w, cross_of(h, w), common, ranges, true, columns}, 1);
  EXPECT_EQ(one.codes, all.codes);
  const RoundedWeights several = solver.solve({w, cross_of(h, w), own, ranges, true, block}, 2);
  ASSERT_EQ(std::ssize(several.scales), channels * blocks);
  double with_one = 0, with_several = 0, by_hand = 0, told = 0;
  for (std::size_t c = 0; c < static_cast<std::size_t>(channels); ++c) {
    EXPECT_LE(several.error[c], several.nearest_error[c]);
    with_one += one.error[c];
    with_several += several.error[c];
    std::vector<double> off;
    for (std::size_t k = 0; k < 22; ++k) off.push_back(static_cast<double>(several.scales[c * 3 + k / 8]) * several.codes[c * 22 + k] - w[c * 22 + k]);
    double mean = 0;
    for (std::size_t k = 0; k < 22; ++k) mean += h[k * 22 + k] / 22;
    for (std::size_t i = 0; i < 22; ++i) {
      for (std::size_t j = 0; j < 22; ++j) by_hand += off[i] * (h[i * 22 + j] + (i == j ? 0.1 * mean : 0)) * off[j];
    }
    told += several.error[c];
  }
  EXPECT_LT(with_several, 0.8 * with_one);
  EXPECT_NEAR(told, by_hand, 1e-3 * by_hand);
}
