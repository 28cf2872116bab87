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

TEST(Dot, SumsInFloat64) {
  for (const std::int64_t count : {0, 7, 8, 103}) {
    const auto a = normals(count, 1), b = normals(count, 2);
    double expected = 0;
    for (std::size_t i = 0; i < a.size(); ++i) expected += static_cast<double>(a[i]) * b[i];
    EXPECT_NEAR(dot(a.data(), b.data(), count), expected, 1e-12);
  }
}

TEST(GramSideBySide, IsAGramMatrixALane) {
  constexpr std::int64_t kColumns = 3, kElements = 8, kCount = 7;
  const auto slice = normals(kElements * kGramRows * kGramLanes, 1);
  std::vector<float> products(static_cast<std::size_t>(kColumns * kElements * kGramLanes), 1.0f);
  gram_side_by_side(slice.data(), kCount, kColumns, kElements, products.data());
  const auto at = [&](std::int64_t e, std::int64_t r, std::int64_t l) { return slice[static_cast<std::size_t>((e * kGramRows + r) * kGramLanes + l)]; };
  for (std::int64_t i = 0; i < kColumns; ++i) {
    for (std::int64_t j = 0; j < kElements; ++j) {
      for (std::int64_t l = 0; l < kGramLanes; ++l) {
        double expected = 1;
        for (std::int64_t r = 0; r < kCount && j >= i; ++r) expected += static_cast<double>(at(i, r, l)) * at(j, r, l);
        EXPECT_NEAR(products[static_cast<std::size_t>((i * kElements + j) * kGramLanes + l)], expected, 1e-5);
      }
    }
  }
}

TEST(Centre, TakesShiftsOffAndSumsUp) {
  const auto x = normals(3 * 40, 1), shift = normals(kGramLanes, 2), inverse = normals(kGramLanes, 3);
  std::vector<float> plain(3 * kGramLanes), lanes(plain.size());
  std::vector<double> sums(kGramLanes, 0.5), of_lanes(kGramLanes, 0.5);
  for (std::int64_t r = 0; r < 3; ++r) centre(x.data() + r * 40, shift.data(), inverse.data(), kGramLanes, plain.data() + r * kGramLanes, sums.data());
  centre_lanes(x.data(), shift.data(), inverse.data(), 3, 40, lanes.data(), of_lanes.data());
  EXPECT_EQ(plain, lanes);
  for (std::size_t l = 0; l < sums.size(); ++l) {
    double expected = 0.5;
    for (std::size_t r = 0; r < 3; ++r) expected += (x[r * 40 + l] - shift[l]) * inverse[l];
    EXPECT_NEAR(sums[l], expected, 1e-5);
    EXPECT_NEAR(of_lanes[l], expected, 1e-5);
  }
}
