#include "ranges/moments.h"

#include <cmath>

#include "base/random.h"

using namespace halftone;

namespace {

// Far from zero mean so that centring matters.
std::vector<float> rows_of(std::int64_t count, std::uint64_t seed) {
  std::vector<float> rows;
  const Random random(seed, "moments");
  for (std::int64_t k = 0; k < count; ++k) rows.push_back(100 + static_cast<float>(random.normal(static_cast<std::uint64_t>(k))));
  return rows;
}

// [rows x elements] of a group.
std::vector<float> group_of(const std::vector<float>& rows, std::int64_t groups, std::int64_t group) {
  std::vector<float> own;
  for (auto i = static_cast<std::size_t>(group); i < rows.size(); i += static_cast<std::size_t>(groups)) own.push_back(rows[i]);
  return own;
}

// The same by definition, in float64: rows of x [columns] and t [targets].
struct BruteForce {
  std::vector<double> mean, mean_target, covariance, cross;

  BruteForce(const std::vector<float>& x, const std::vector<float>& t, const MomentsShape& shape, std::int64_t each)
      : mean(average(x, shape.columns)), mean_target(average(t, shape.targets)), covariance(product(x, x, shape, each)), cross(product(x, t, shape, each)) {}

  static std::vector<double> average(const std::vector<float>& v, std::int64_t columns) {
    std::vector<double> m(static_cast<std::size_t>(columns), 0.0);
    for (std::size_t i = 0; i < v.size(); ++i) m[i % m.size()] += v[i] / (static_cast<double>(v.size()) / static_cast<double>(m.size()));
    return m;
  }

  static std::vector<double> product(const std::vector<float>& a, const std::vector<float>& b, const MomentsShape& shape, std::int64_t each) {
    std::vector<double> sum = covariance_of(a, b, shape);
    const std::vector<double> of_means = covariance_of(means_of_samples(a, shape.columns, each), means_of_samples(b, std::ssize(b) * shape.columns / std::ssize(a), each), shape);
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += shape.coherence * of_means[i];
    return sum;
  }

  static std::vector<float> means_of_samples(const std::vector<float>& v, std::int64_t columns, std::int64_t each) {
    std::vector<float> result;
    for (std::int64_t s = 0; s < std::ssize(v); s += columns * each) {
      for (double m : average({v.begin() + s, v.begin() + s + columns * each}, columns)) result.push_back(static_cast<float>(m));
    }
    return result;
  }

  static std::vector<double> covariance_of(const std::vector<float>& a, const std::vector<float>& b, const MomentsShape& shape) {
    const auto n = static_cast<std::size_t>(shape.columns), rows = a.size() / n, m = b.size() / rows;
    std::vector<double> mean_a = average(a, shape.columns), mean_b = average(b, static_cast<std::int64_t>(m)), result(n * m, 0.0);
    if (!shape.centred) {
      mean_a.assign(n, 0.0);
      mean_b.assign(m, 0.0);
    }
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < m; ++j) result[i * m + j] += (a[r * n + i] - mean_a[i]) * (b[r * m + j] - mean_b[j]) / static_cast<double>(rows);
      }
    }
    return result;
  }
};

void expect_near(const std::vector<double>& a, const std::vector<double>& b, double tolerance) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], tolerance) << i;
}

}  // namespace

TEST(Moments, EqualFloat64BruteForceWithAnyThreads) {
  for (const MomentsShape& shape : {MomentsShape{1, 40, 7, 0}, {1, 40, 7, 2}, {6, 9, 1, 2}, {1, 3, 50, 0.5}, {2, 40, 3, 2, false}, {35, 9, 1, 0}}) {
    const std::int64_t rows = 2500, samples = 50;  // more than two chunks
    const auto x = rows_of(shape.groups * rows * shape.columns, 1), t = rows_of(shape.groups * rows * shape.targets, 2);
    Moments one(shape), two(shape);
    one.add({x.data(), t.data(), rows, samples}, 1);
    two.add({x.data(), t.data(), rows, samples}, 2);
    for (std::int64_t g = 0; g < shape.groups; ++g) {
      const BruteForce expected(group_of(x, shape.groups, g), group_of(t, shape.groups, g), shape, rows / samples);
      const double tolerance = shape.centred ? 2e-4 : 0.05;  // of squares about 1 and 10000
      expect_near(one.mean(g), expected.mean, 1e-4);
      expect_near(one.mean_target(g), expected.mean_target, 1e-4);
      expect_near(one.covariance(g), expected.covariance, tolerance);
      expect_near(one.cross(g), expected.cross, tolerance);
      EXPECT_EQ(one.covariance(g), two.covariance(g));
      EXPECT_EQ(one.cross(g), two.cross(g));
    }
  }
}

TEST(Moments, AddUpOverBatches) {
  const MomentsShape shape{1, 5, 2, 2};
  const auto x = rows_of(300 * 5, 1), t = rows_of(300 * 2, 2);
  Moments whole(shape), parts(shape);
  whole.add({x.data(), t.data(), 300, 30}, 1);
  parts.add({x.data(), t.data(), 100, 10}, 1);
  parts.add({x.data() + 500, t.data() + 200, 200, 20}, 1);
  expect_near(parts.covariance(0), whole.covariance(0), 1e-4);
  expect_near(parts.cross(0), whole.cross(0), 1e-4);
}

TEST(Moments, SayWhatTheyTake) { EXPECT_EQ(Moments::bytes({1, 1000, 10}), 8u * (1000 * 1010 + 1010 + 1010)); }

TEST(Moments, HoldSquaresThatFloat32DoesNot) {
  const MomentsShape shape{1, 3, 1, 2};
  auto x = rows_of(300, 1), t = rows_of(100, 2);
  Moments plain(shape), large(shape);
  plain.add({x.data(), t.data(), 100, 10}, 1);
  for (float& v : x) v *= 0x1p100f;
  for (float& v : t) v *= 0x1p90f;
  large.add({x.data(), t.data(), 100, 10}, 1);
  for (std::size_t i = 0; i < 9; ++i) EXPECT_EQ(large.covariance(0)[i], std::ldexp(plain.covariance(0)[i], 200));
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(large.cross(0)[i], std::ldexp(plain.cross(0)[i], 190));
  EXPECT_EQ(large.mean_target(0)[0], std::ldexp(plain.mean_target(0)[0], 90));
}
