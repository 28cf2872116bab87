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
  KeptRows kept({1, 1, 1, rows, clamp});
  kept.add({x}, {t}, rows);
  const double bias = kept.fit_biases({1.0f}, {-1.5}, 2).at(0);
  const double wanted = mean_behind(clamp, t, 0);
  EXPECT_GT(mean_behind(clamp, x, -1.5), 1.2 * wanted);
  EXPECT_NEAR(mean_behind(clamp, x, bias), wanted, 1e-4);
  EXPECT_LT(bias, -1.5);
}

TEST(KeptRows, LeaveBiasesWhereNothingIsCut) {
  const std::vector<float> x = normals(500, 1);
  for (const Clamp& clamp : {Clamp{-100, 100}, Clamp{50, 60}}) {  // never, and always at the lower bound
    KeptRows kept({1, 1, 1, 500, clamp});
    kept.add({x}, {x}, 500);
    EXPECT_NEAR(kept.fit_biases({1.0f}, {0.0}, 1).at(0), 0.0, 1e-5);
  }
}

TEST(KeptRows, KeepSomeOfManyAndGroupsApart) {
  const std::int64_t rows = 50000;
  const std::vector<float> a = normals(rows, 1), b = normals(rows, 2);
  std::vector<float> shifted = b;
  for (float& v : shifted) v += 1;
  KeptRows kept({2, 1, 1, rows, Clamp{0, 6}});
  for (int part = 0; part < 2; ++part) {
    const auto from = part * rows / 2, to = from + rows / 2;
    kept.add({{a.begin() + from, a.begin() + to}, {b.begin() + from, b.begin() + to}}, {{a.begin() + from, a.begin() + to}, {shifted.begin() + from, shifted.begin() + to}}, rows / 2);
  }
  const std::vector<double> biases = kept.fit_biases({1.0f, 1.0f}, {0.0, 0.0}, 2);
  EXPECT_NEAR(biases[0], 0, 1e-5);
  EXPECT_NEAR(biases[1], 1, 1e-3);
}

TEST(KeptRows, LeaveBiasesWithoutAClamp) {
  KeptRows kept({1, 1, 1, 10});
  kept.add({normals(10, 1)}, {normals(10, 2)}, 10);
  EXPECT_EQ(kept.fit_biases({1.0f}, {0.25}, 1).at(0), 0.25);
}
