#include "ranges/clamped_means.h"

#include <algorithm>
#include <cmath>

#include "support/normals.h"

using namespace halftone;
using namespace halftone::test;

namespace {

double mean_behind(const Clamp& clamp, const std::vector<float>& x, double bias) {
  double sum = 0;
  for (float v : x) sum += std::clamp<double>(v + bias, clamp.low, clamp.high);
  return sum / static_cast<double>(x.size());
}

}  // namespace

TEST(KeptRows, MakeTheMeansBehindTheClampEqual) {
  const Clamp clamp{0, 6};
  const std::int64_t rows = 2000;
  std::vector<float> t = normals(rows, 1), x = t;
  const std::vector<float> noise = normals(rows, 2);
  for (std::size_t i = 0; i < t.size(); ++i) {
    t[i] -= 1.5f;
    x[i] += 0.5f * noise[i];  // weight 1 and bias -1.5: the mean is right before the clamp
  }
  KeptRows kept;
  kept.begin({1, 1, 1, rows, clamp});
  kept.add({x.data(), t.data(), rows, 1}, 2);
  const double bias = kept.fit_biases({1.0f}, {-1.5}, 2).at(0);
  const double wanted = mean_behind(clamp, t, 0);
  EXPECT_GT(mean_behind(clamp, x, -1.5), 1.2 * wanted);
  EXPECT_NEAR(mean_behind(clamp, x, bias), wanted, 1e-4);
  EXPECT_LT(bias, -1.5);
}

TEST(KeptRows, LeaveBiasesWhereNothingIsCut) {
  const std::vector<float> x = normals(500, 1);
  for (const Clamp& clamp : {Clamp{-100, 100}, Clamp{50, 60}}) {  // never, and always at the lower bound
    KeptRows kept;
    kept.begin({1, 1, 1, 500, clamp});
    kept.add({x.data(), x.data(), 500, 1}, 2);
    EXPECT_NEAR(kept.fit_biases({1.0f}, {0.0}, 1).at(0), 0.0, 1e-5);
  }
}

TEST(KeptRows, KeepSomeOfManyAndGroupsApart) {
  const std::int64_t rows = 50000;
  const std::vector<float> x = normals(2 * rows, 1);
  std::vector<float> t = x;
  for (std::size_t i = 1; i < t.size(); i += 2) t[i] += 1;  // of the second group
  KeptRows kept;
  kept.begin({2, 1, 1, rows, Clamp{0, 6}});
  for (int part = 0; part < 2; ++part) kept.add({x.data() + part * rows, t.data() + part * rows, rows / 2, 1}, 2);
  const std::vector<double> biases = kept.fit_biases({1.0f, 1.0f}, {0.0, 0.0}, 2);
  EXPECT_NEAR(biases[0], 0, 1e-5);
  EXPECT_NEAR(biases[1], 1, 1e-3);
}

TEST(KeptRows, LeaveBiasesWithoutAClamp) {
  const std::vector<float> x = normals(10, 1), t = normals(10, 2);
  KeptRows kept;
  kept.begin({1, 1, 1, 10});
  kept.add({x.data(), t.data(), 10, 1}, 2);
  EXPECT_EQ(kept.fit_biases({1.0f}, {0.25}, 1).at(0), 0.25);
}

TEST(KeptRows, FitWhateverTheGroupsAre) {
  // The same layer as one group with zeros between the channels, and as depthwise: 20 channels of 3 columns.
  constexpr std::int64_t kRows = 200, kGroups = 20, kColumns = 3;
  const std::vector<float> x = normals(kRows * kColumns * kGroups, 1), t = normals(kRows * kGroups, 2), w = normals(kGroups * kColumns, 3);
  std::vector<float> wide(static_cast<std::size_t>(kGroups * kColumns * kGroups), 0.0f);
  for (std::int64_t g = 0; g < kGroups; ++g) {
    for (std::int64_t k = 0; k < kColumns; ++k) wide[static_cast<std::size_t>(g * kColumns * kGroups + k * kGroups + g)] = w[static_cast<std::size_t>(g * kColumns + k)];
  }
  const std::vector<double> biases(static_cast<std::size_t>(kGroups), 0.1);
  KeptRows grouped, single;
  grouped.begin({kGroups, kColumns, 1, kRows, Clamp{0, 6}});
  single.begin({1, kColumns * kGroups, kGroups, kRows, Clamp{0, 6}});
  grouped.add({x.data(), t.data(), kRows, 1}, 2);
  single.add({x.data(), t.data(), kRows, 1}, 2);
  const auto a = grouped.fit_biases(w, biases, 2), b = single.fit_biases(wide, biases, 2);
  for (std::size_t c = 0; c < a.size(); ++c) EXPECT_NEAR(a[c], b[c], 1e-4) << c;
}
