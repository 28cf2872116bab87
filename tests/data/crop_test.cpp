#include "data/crop.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace halftone {
namespace {

struct Case {
  std::int64_t width, height, to_width, to_height;
  double fraction;
  CropBox want;
};

TEST(CentreCrop, IsTheLargestCentredRectangleOfTheShape) {
  const Case cases[] = {
      {227, 227, 224, 224, 0.875, {14, 14, 199, 199}},  // round(198.625)
      {227, 227, 224, 224, 1.0, {0, 0, 227, 227}},
      {640, 480, 224, 224, 1.0, {80, 0, 480, 480}},
      {480, 641, 224, 224, 1.0, {0, 80, 480, 480}},     // floor of 80.5
      {5, 5, 1, 1, 0.5, {1, 1, 2, 2}},                  // 2.5: half to even
      {7, 7, 1, 1, 0.5, {1, 1, 4, 4}},                  // 3.5: half to even; floor of 1.5
      {480, 360, 480, 360, 1.0, {0, 0, 480, 360}},
      {480, 360, 240, 180, 1.0, {0, 0, 480, 360}},
      {1000, 360, 480, 360, 1.0, {260, 0, 480, 360}},
      {480, 1000, 480, 360, 0.5, {120, 410, 240, 180}},
      {3, 3, 224, 224, 0.01, {1, 1, 1, 1}},             // never empty
      {1, 50, 1, 1, 1.0, {0, 24, 1, 1}},
      {10, 1, 1, 100, 1.0, {4, 0, 1, 1}},               // a sliver of less than a pixel
  };
  for (const Case& c : cases) {
    const CropBox box = centre_crop(c.width, c.height, c.to_width, c.to_height, c.fraction);
    EXPECT_EQ(box, c.want) << fmt::format("{} x {} to {} x {} times {}: left {} top {} width {} height {}", c.width, c.height,
                                          c.to_width, c.to_height, c.fraction, box.left, box.top, box.width, box.height);
  }
}

TEST(CentreCrop, NeverLeavesThePicture) {
  for (std::int64_t w = 1; w < 40; w += 3) {
    for (std::int64_t h = 1; h < 40; h += 2) {
      for (const double fraction : {0.1, 0.875, 0.999, 1.0}) {
        const CropBox box = centre_crop(w, h, 7, 5, fraction);
        EXPECT_GE(box.left, 0);
        EXPECT_GE(box.top, 0);
        EXPECT_LE(box.left + box.width, w);
        EXPECT_LE(box.top + box.height, h);
      }
    }
  }
}

}  // namespace
}  // namespace halftone
