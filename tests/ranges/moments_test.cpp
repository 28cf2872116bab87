#include "ranges/moments.h"

#include <cmath>

#include "base/random.h"

using namespace halftone;

namespace {

// [group][rows x columns], far from zero mean so that centring matters.
std::vector<std::vector<float>> rows_of(std::int64_t groups, std::int64_t count, std::uint64_t seed) {
  std::vector<std::vector<float>> rows(static_cast<std::size_t>(groups));
  std::uint64_t i = 0;
  const Random random(seed, "moments");
  for (auto& group : rows) {
    for (std::int64_t k = 0; k < count; ++k) group.push_back(100 + static_cast<float>(random.normal(i++)));
  }
  return rows;
}

// The same by definition, in float64.
struct BruteForce {
  std::vector<double> mean, mean_quantized, covariance, cross;

  BruteForce(const std::vector<float>& x, const std::vector<float>& q, std::size_t columns) {
    const std::size_t rows = x.size() / columns;
    const auto average = [&](const std::vector<float>& v) {
      std::vector<double> m(columns, 0.0);
      for (std::size_t i = 0; i < v.size(); ++i) m[i % columns] += v[i] / static_cast<double>(rows);
      return m;
    };
    mean = average(x);
    mean_quantized = average(q);
    covariance.assign(columns * columns, 0.0);
    cross = covariance;
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t i = 0; i < columns; ++i) {
        const double left = (q[r * columns + i] - mean_quantized[i]) / static_cast<double>(rows);
        for (std::size_t j = 0; j < columns; ++j) {
          covariance[i * columns + j] += left * (q[r * columns + j] - mean_quantized[j]);
          cross[i * columns + j] += left * (x[r * columns + j] - mean[j]);
        }
      }
    }
  }
};

void expect_near(const std::vector<double>& a, const std::vector<double>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-4) << i;
}

}  // namespace

TEST(Moments, EqualFloat64BruteForceInAnyPiecesWithAnyThreads) {
  for (const auto& [groups, columns] : {std::pair<std::int64_t, std::int64_t>{1, 40}, {6, 9}, {1, 3}}) {
    const std::int64_t rows = 2500;  // more than two chunks
    const auto x = rows_of(groups, rows * columns, 1), q = rows_of(groups, rows * columns, 2);
    Moments one(groups, columns), two(groups, columns);
    one.add(x, q, rows, 1);
    two.add(x, q, rows, 2);
    for (std::int64_t g = 0; g < groups; ++g) {
      const BruteForce expected(x[static_cast<std::size_t>(g)], q[static_cast<std::size_t>(g)], static_cast<std::size_t>(columns));
      expect_near(one.mean(g), expected.mean);
      expect_near(one.mean_quantized(g), expected.mean_quantized);
      expect_near(one.covariance(g), expected.covariance);
      expect_near(one.cross(g), expected.cross);
      EXPECT_EQ(one.covariance(g), two.covariance(g));
      EXPECT_EQ(one.cross(g), two.cross(g));
    }
  }
}

TEST(Moments, SayWhatTheyTake) { EXPECT_EQ(Moments::bytes(1, 1000), 8u * (2 * 1000 * 1000 + 4 * 1000)); }
