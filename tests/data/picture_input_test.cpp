#include "data/picture_input.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstring>

#include "data/vectors.h"
#include "support/temporary_folder.h"

namespace halftone {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using test::input;
using test::message_of;

// Two pixels beside each other: (1 2 3) (4 5 6).
const Picture kTwo{1, 2, 3, {1, 2, 3, 4, 5, 6}};

Tensor placed(const DataOptions& options, const InputSpec& spec, const Picture& picture = kTwo) {
  const PictureInput place(options, spec);
  Tensor batch = place.make_batch(2);
  std::memset(batch.mutable_data(), 0, batch.bytes());
  place.place(picture, batch.mutable_data(), 1);
  const std::vector<float> all = to_floats(batch);
  for (std::size_t i = 0; i < all.size() / 2; ++i) EXPECT_EQ(all[i], 0) << "another sample was written to";
  Shape one = batch.shape();
  one[0] = 1;
  return Tensor::from<float>(one, {all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2), all.end()});
}

template <typename Failure = UsageError>
std::string refusal(const DataOptions& options, const InputSpec& spec) {
  return message_of<Failure>([&] { PictureInput(options, spec); });
}

TEST(PictureInput, ReadsTheLayoutOffTheModel) {
  EXPECT_THAT(placed({}, input("x", DataType::float32, {-1, 3, 1, 2})).values<float>(), ElementsAre(1, 4, 2, 5, 3, 6));
  EXPECT_EQ(placed({}, input("x", DataType::float32, {-1, 3, 4, 3})).shape(), (Shape{1, 3, 4, 3}));  // either: N C H W
  const InputSpec last = input("x", DataType::float32, {-1, -1, 2, 3});
  EXPECT_THAT(placed({.height = 1}, last).values<float>(), ElementsAre(1, 2, 3, 4, 5, 6));
  const InputSpec open = input("x", DataType::float32, {-1, -1, -1, -1});
  EXPECT_EQ(placed({.height = 1, .width = 2}, open).shape(), (Shape{1, 3, 1, 2}));
  EXPECT_EQ(placed({.height = 1, .width = 2}, {"x", DataType::float32, {}}).shape(), (Shape{1, 3, 1, 2}));
}

TEST(PictureInput, OrdersColours) {
  const InputSpec first = input("x", DataType::float32, {-1, 3, 1, 2}), last = input("x", DataType::uint8, {-1, 4, 2, 3});
  const DataOptions bgr{.color = ColorOrder::bgr, .mean = {1, 2, 3}};  // mean is in the order of the channels written
  EXPECT_THAT(placed(bgr, first).values<float>(), ElementsAre(2, 5, 0, 3, -2, 1));
  const Picture tall{4, 2, 3, std::vector<std::uint8_t>{1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6}};
  EXPECT_EQ(placed({.color = ColorOrder::bgr}, last, tall).values<float>()[0], 3);
}

TEST(PictureInput, MakesGreyWhereOneChannelIsTaken) {
  const InputSpec one = input("x", DataType::float32, {-1, 1, 1, 2}), open = input("x", DataType::float32, {-1, -1, 1, 2});
  const Picture bright{1, 2, 3, {255, 0, 0, 10, 200, 30}};
  for (const Tensor& grey : {placed({}, one, bright), placed({.color = ColorOrder::grey}, open, bright)}) {
    EXPECT_THAT(grey.values<float>(), ElementsAre(76, 124));  // Pillow's convert("L")
  }
  EXPECT_THAT(refusal({.color = ColorOrder::grey}, input("x", DataType::float32, {-1, 3, 1, 2})), HasSubstr("takes 3 channels"));
}

TEST(PictureInput, RepeatsGreyPixelsWhereThreeChannelsAreTaken) {
  const Tensor batch = placed({}, input("x", DataType::float32, {-1, 3, 1, 2}), {1, 2, 1, {7, 9}});
  EXPECT_THAT(batch.values<float>(), ElementsAre(7, 9, 7, 9, 7, 9));
}

TEST(PictureInput, NormalizesInFloat32) {
  const Tensor batch = placed({.mean = {123.675f}, .std = {58.395f}}, input("x", DataType::float32, {-1, 3, 1, 2}));
  EXPECT_EQ(batch.values<float>()[0], (1.0f - 123.675f) / 58.395f);
  EXPECT_EQ(batch.values<float>()[5], (6.0f - 123.675f) / 58.395f);
  const Tensor half = placed({.std = {3}}, input("x", DataType::float16, {-1, 3, 1, 2}));
  EXPECT_EQ(half.values<float>()[0], half_to_float(float_to_half(1.0f / 3)));
}

TEST(PictureInput, GivesRawPixelsToUint8) {
  const InputSpec raw = input("x", DataType::uint8, {-1, 3, 1, 2});
  EXPECT_THAT(placed({}, raw).values<float>(), ElementsAre(1, 4, 2, 5, 3, 6));
  EXPECT_THAT(refusal({.mean = {1}}, raw), HasSubstr("takes the pixels as they are"));
  EXPECT_THAT(refusal({.std = {1}}, raw), HasSubstr("takes the pixels as they are"));
}

TEST(PictureInput, RefusesOptionsThatDoNotFit) {
  const InputSpec x = input("x", DataType::float32, {-1, 3, 8, 8}), open = input("x", DataType::float32, {-1, 3, -1, -1});
  EXPECT_THAT(refusal({}, open), HasSubstr("input 'x' (float32 [N, 3, N, N]) leaves the height of its pictures open; give --size"));
  EXPECT_THAT(refusal({.height = 9, .width = 9}, x), HasSubstr("--size asks for height 9, but input 'x'"));
  EXPECT_THAT(refusal({.height = 0, .width = 0}, open), HasSubstr("--size"));
  EXPECT_THAT(refusal({.height = 1 << 20, .width = 1 << 20}, open), HasSubstr("more than 2^26 pixels"));
  EXPECT_THAT(refusal({.mean = {1, 2}}, x), HasSubstr("--mean: 2 numbers for 3 channels"));
  EXPECT_THAT(refusal({.std = {1, 0, 1}}, x), HasSubstr("--std: 0 cannot be used"));
  for (const double fraction : {0.0, -1.0, 1.01, std::nan("")}) {
    EXPECT_THAT(refusal({.crop_fraction = fraction}, x), HasSubstr("--crop-fraction")) << fraction;
  }
}

TEST(PictureInput, RefusesInputsThatTakeNoPictures) {
  EXPECT_THAT(refusal<Error>({}, input("x", DataType::float32, {-1, 128})), HasSubstr("need four axes"));
  EXPECT_THAT(refusal<Error>({}, input("x", DataType::int64, {-1, 3, 8, 8})), HasSubstr("its type must be"));
  EXPECT_THAT(refusal<Error>({}, input("x", DataType::float32, {-1, 4, 8, 8})), HasSubstr("neither axis 1 nor axis 3"));
}

}  // namespace
}  // namespace halftone
