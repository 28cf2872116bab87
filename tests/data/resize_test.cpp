#include "data/resize.h"

#include "data/crop.h"
#include "data/vectors.h"

namespace halftone {
namespace {

using test::kVectors;
using test::picture_of;

class ResizeEqualsPillow : public ::testing::TestWithParam<std::pair<const char*, Interpolation>> {};

TEST_P(ResizeEqualsPillow, ToTheBit) {  // up, down, one side only, odd sizes, 1 and 3 channels
  const auto [name, interpolation] = GetParam();
  const NpzFile vectors(kVectors / "resize.npz");
  int cases = 0;
  for (; vectors.has(fmt::format("{}_in", cases)); ++cases) {
    const Picture in = picture_of(vectors.open(fmt::format("{}_in", cases)).read());
    const Picture want = picture_of(vectors.open(fmt::format("{}_{}", cases, name)).read());
    EXPECT_EQ(resize(in, want.height, want.width, interpolation).pixels, want.pixels)
        << "case " << cases << ": " << in.height << " x " << in.width << " -> " << want.height << " x " << want.width;
  }
  EXPECT_EQ(cases, 14);
}

INSTANTIATE_TEST_SUITE_P(Filters, ResizeEqualsPillow,
                         ::testing::Values(std::pair("bilinear", Interpolation::bilinear),
                                           std::pair("bicubic", Interpolation::bicubic),
                                           std::pair("nearest", Interpolation::nearest)),
                         [](const auto& info) { return std::string(info.param.first); });

TEST(Resize, OfAPartIsResizeOfItsCopy) {
  const Picture whole = picture_of(NpzFile(kVectors / "resize.npz").open("8_in").read());
  const PictureView part = crop(whole, {.left = 5, .top = 9, .width = 31, .height = 44});
  const Picture copy = to_rgb(part);
  ASSERT_EQ(copy.height, 44);
  for (const Interpolation kind : {Interpolation::bilinear, Interpolation::bicubic, Interpolation::nearest}) {
    EXPECT_EQ(resize(part, 20, 50, kind).pixels, resize(copy, 20, 50, kind).pixels);
    EXPECT_EQ(resize(part, 44, 31, kind).pixels, copy.pixels);  // no resampling
  }
}

TEST(Resize, KeepsAFlatPictureFlat) {  // weights sum to 1, black and white included
  for (const int level : {0, 1, 127, 254, 255}) {
    const Picture flat{11, 6, 3, std::vector<std::uint8_t>(11 * 6 * 3, static_cast<std::uint8_t>(level))};
    for (const Interpolation kind : {Interpolation::bilinear, Interpolation::bicubic, Interpolation::nearest}) {
      for (const std::uint8_t pixel : resize(flat, 17, 4, kind).pixels) ASSERT_EQ(pixel, level);
    }
  }
}

}  // namespace
}  // namespace halftone
