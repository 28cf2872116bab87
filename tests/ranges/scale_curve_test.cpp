#include "ranges/scale_curve.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ranges/estimators.h"
#include "base/random.h"

using namespace halftone;

namespace {

Histogram histogram_of(const std::vector<float>& values) {
  Histogram histogram;
  histogram.add(values.data(), static_cast<std::int64_t>(values.size()), 1);
  return histogram;
}

std::vector<float> shifted_normals(float shift, float least) {
  const Random random(4, "scale curve");
  std::vector<float> values;
  for (std::uint64_t i = 0; i < 4000; ++i) values.push_back(std::max(least, shift + static_cast<float>(random.normal(i))));
  return values;
}

double clipped(const std::vector<Histogram::Bin>& bins, const Encoding& grid) {
  double sum = 0, count = 0;
  for (const Histogram::Bin& bin : bins) {
    const double off = bin.centre - std::clamp<double>(bin.centre, grid.real_min(), grid.real_max());
    sum += bin.count * off * off;
    count += bin.count;
  }
  return sum / count;
}

}  // namespace

TEST(ScaleCurve, ClipsTheLeastOfAllZeroPoints) {
  for (const bool is_signed : {false, true}) {
    for (const auto& [shift, least] : {std::pair{0.0f, -9.0f}, {1.0f, -9.0f}, {-2.0f, -9.0f}, {0.5f, 0.0f}}) {
      const Histogram histogram = histogram_of(shifted_normals(shift, least));
      Encoding grid{.bits = 6, .is_signed = is_signed};
      ScaleCurve curve(histogram.filled(), grid);
      for (const int rung : {-80, -64, -56, -50, -40}) {
        const ScaleCurve::Loss& loss = curve.at(rung);
        grid.scale = {ScaleCurve::scale_of(rung)};
        double best = std::numeric_limits<double>::infinity();
        for (std::int32_t zero = grid.code_min(); zero <= grid.code_max(); ++zero) {
          grid.zero_point = {zero};
          best = std::min(best, clipped(histogram.filled(), grid));
        }
        grid.zero_point = {loss.zero_point};
        EXPECT_NEAR(clipped(histogram.filled(), grid), best, 1e-9) << rung << " " << shift;
        EXPECT_NEAR(loss.clipped, best, 1e-6) << rung << " " << shift;
        EXPECT_NEAR(loss.whole, grid_error(histogram.filled(), grid) / 4000, 1e-12);
        EXPECT_GE(loss.whole, 0.9 * loss.clipped);
      }
    }
  }
}

TEST(ScaleCurve, SharesRoomBetweenBothEnds) {
  ScaleCurve curve(histogram_of({-1.0f, 0.5f, 1.0f}).filled(), {.bits = 8});
  EXPECT_NEAR(curve.at(-64).zero_point, 128, 2);  // 16 codes of 256 are used
  EXPECT_EQ(ScaleCurve(histogram_of({0.5f, 1.0f}).filled(), {.bits = 8}).at(-64).zero_point, 0);
  EXPECT_EQ(ScaleCurve(histogram_of({-0.5f, -1.0f}).filled(), {.bits = 8}).at(-64).zero_point, 255);
  EXPECT_EQ(ScaleCurve(histogram_of({-1.0f, 1.0f}).filled(), {.bits = 8, .is_signed = true, .symmetric = true}).at(-64).zero_point, 0);
}

TEST(ScaleCurve, LadderGoesByPowersOfTwo) {
  for (const int rung : {-160, -16, -3, 0, 5, 32}) EXPECT_EQ(ScaleCurve::rung_near(ScaleCurve::scale_of(rung)), rung);
  EXPECT_EQ(ScaleCurve::scale_of(-32), 0.25f);
}
