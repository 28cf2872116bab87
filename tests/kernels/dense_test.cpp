#include "kernels/dense.h"

#include <cmath>
#include <vector>

#include "support/normals.h"

using namespace halftone;
using namespace halftone::test;

TEST(GramStripe, EqualsItsReference) {
  for (std::int64_t columns : {1, 9, 32, 33, 200}) {
    const std::int64_t rows = 50;
    const auto a = normals(rows * columns, 1), b = normals(rows * columns, 2);
    for (std::int64_t first : {std::int64_t{0}, columns / 2}) {
      const std::int64_t end = std::min(columns, first + 128);
      std::vector<float> out(static_cast<std::size_t>((end - first) * (columns - first)));
      std::vector<double> expected(out.size());
      gram_stripe({a.data(), columns}, {b.data(), columns}, rows, {first, end, first}, out.data());
      reference::gram_stripe({a.data(), columns}, {b.data(), columns}, rows, {first, end, first}, expected.data());
      for (std::size_t i = 0; i < out.size(); ++i) EXPECT_NEAR(out[i], expected[i], 1e-4) << columns << " " << i;
    }
  }
}

TEST(GramStripe, TakesMatricesOfDifferentWidths) {
  for (std::int64_t columns : {9, 40}) {
    const std::int64_t rows = 50, targets = 21;
    const auto a = normals(rows * columns, 1), b = normals(rows * targets, 2);
    std::vector<float> out(static_cast<std::size_t>(5 * targets));
    std::vector<double> expected(out.size());
    gram_stripe({a.data(), columns}, {b.data(), targets}, rows, {2, 7, 0}, out.data());
    reference::gram_stripe({a.data(), columns}, {b.data(), targets}, rows, {2, 7, 0}, expected.data());
    for (std::size_t i = 0; i < out.size(); ++i) EXPECT_NEAR(out[i], expected[i], 1e-4) << columns << " " << i;
  }
}

TEST(MultiplyTransposed, IsRowsTimesRows) {
  for (std::int64_t inner : {3, 40}) {
    const auto a = normals(5 * inner, 1), b = normals(7 * inner, 2);
    std::vector<float> out(35);
    multiply_transposed(a.data(), b.data(), 5, 7, inner, out.data());
    for (std::int64_t r = 0; r < 5; ++r) {
      for (std::int64_t c = 0; c < 7; ++c) {
        double sum = 0;
        for (std::int64_t i = 0; i < inner; ++i) sum += static_cast<double>(a[static_cast<std::size_t>(r * inner + i)]) * b[static_cast<std::size_t>(c * inner + i)];
        EXPECT_NEAR(out[static_cast<std::size_t>(r * 7 + c)], sum, 1e-4);
      }
    }
  }
}

TEST(AddScaledRows, SumsLaneByLane) {
  const std::int64_t rows = 11;
  const auto factors = normals(rows, 1), values = normals(rows * kDenseLanes, 2);
  std::vector<float> sums(static_cast<std::size_t>(kDenseLanes), 1.0f);
  add_scaled_rows(factors.data(), values.data(), rows, sums.data());
  for (std::int64_t l = 0; l < kDenseLanes; ++l) {
    double expected = 1;
    for (std::int64_t r = 0; r < rows; ++r) expected += static_cast<double>(factors[static_cast<std::size_t>(r)]) * values[static_cast<std::size_t>(r * kDenseLanes + l)];
    EXPECT_NEAR(sums[static_cast<std::size_t>(l)], expected, 1e-4);
  }
}
