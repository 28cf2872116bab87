#include "graph/encoding.h"

#include <cmath>
#include <limits>

using namespace halftone;

namespace {

Encoding grid(Range range, bool is_signed = false, bool symmetric = false, int bits = 8) {
  Encoding e{.bits = bits, .is_signed = is_signed, .symmetric = symmetric, .scale = {1}, .zero_point = {0}};
  set_range(e, 0, range);
  return e;
}

float round_trip(const Encoding& e, float x) {
  return dequantize(quantize(Tensor::scalar(x), e), e, {}).values<float>()[0];
}

}  // namespace

TEST(SetRange, WidensToZeroAndKeepsZeroExact) {  // case G1
  const Encoding positive = grid({1, 2}), negative = grid({-2, -1});
  EXPECT_FLOAT_EQ(positive.scale[0], 2.0f / 255);
  EXPECT_EQ(positive.zero_point[0], 0);
  EXPECT_EQ(negative.zero_point[0], 255);
  EXPECT_NEAR(round_trip(positive, 1), 1, positive.scale[0] / 2 * 1.001);  // 1 / scale is a tie but for float32
  EXPECT_FLOAT_EQ(round_trip(positive, 2), 2);
  for (const Range& range : {Range{-1.3f, 2.2f}, Range{-0.1f, 7}, Range{-5, 0.001f}}) EXPECT_EQ(round_trip(grid(range), 0), 0);
}

TEST(SetRange, GivesTheZeroPointOfTheFormula) {  // case O3
  const Encoding e = grid({-1.3f, 2.2f});
  EXPECT_EQ(e.zero_point[0], 95);
  EXPECT_NEAR(e.real_min(), -1.303922, 1e-5);
  EXPECT_NEAR(e.real_max(), 2.196078, 1e-5);
}

TEST(SetRange, OfAConstantOrOfNothingIsAValidGrid) {  // case G2
  for (float c : {0.0f, 0.7f, -3.0f, 1e-30f}) {
    const Encoding e = grid({std::min(c, 0.0f), std::max(c, 0.0f)});
    EXPECT_GT(e.scale[0], 0) << c;
    EXPECT_TRUE(std::isfinite(e.scale[0])) << c;
    EXPECT_NEAR(round_trip(e, c), c, std::fabs(c) * 1e-6) << c;
  }
}

TEST(SetRange, SymmetricGridsHaveZeroInTheMiddle) {
  EXPECT_EQ(grid({-1, 3}, true, true).zero_point[0], 0);
  EXPECT_FLOAT_EQ(grid({-1, 3}, true, true).scale[0], 3.0f / 127);
  EXPECT_EQ(grid({-1, 3}, false, true).zero_point[0], 128);
}

TEST(SetRange, RefusesWhatIsNotFinite) {
  EXPECT_THROW(grid({0, std::numeric_limits<float>::infinity()}), Error);
  EXPECT_THROW(grid({std::nanf(""), 1}), Error);
}

TEST(Quantize, RoundsHalfToEvenAndSaturates) {  // case R1
  Encoding half{.is_signed = true, .scale = {0.5f}, .zero_point = {0}};
  EXPECT_EQ(quantize(Tensor::from<float>({6}, {.25f, .75f, 1.25f, 1.75f, -.25f, -.75f}), half), (std::vector<std::int32_t>{0, 2, 2, 4, 0, -2}));
  Encoding one{.is_signed = true, .scale = {1}, .zero_point = {0}};
  EXPECT_EQ(quantize(Tensor::from<float>({4}, {-129, -128, 127, 128}), one), (std::vector<std::int32_t>{-128, -128, 127, 127}));
}

TEST(Quantize, TakesEachChannelsScaleAlongTheAxis) {
  Encoding e{.is_signed = true, .axis = 1, .scale = {1, 0.1f}, .zero_point = {0, 0}};
  const Tensor x = Tensor::from<float>({2, 2, 1}, {3, 3, -2, -2});
  EXPECT_EQ(quantize(x, e), (std::vector<std::int32_t>{3, 30, -2, -20}));
  EXPECT_FLOAT_EQ(dequantize({3, 30, -2, -20}, e, {2, 2, 1}).values<float>()[3], -2);
}

TEST(Quantize, TakesEachChannelsOwnBits) {
  Encoding e{.bits = 8, .is_signed = true, .symmetric = true, .axis = 0, .scale = {1, 1, 1}, .zero_point = {0, 0, 0}, .channel_bits = {2, 4, 8}};
  for (std::size_t c = 0; c < 3; ++c) set_range(e, c, {-7, 7});
  EXPECT_EQ(e.scale, (std::vector<float>{7, 1, 7.0f / 127}));
  const std::vector<std::int32_t> codes = quantize(Tensor::from<float>({3, 3}, {-20, 3, 20, -20, 3, 20, -20, 3.5f, 20}), e);
  EXPECT_EQ(codes, (std::vector<std::int32_t>{-2, 0, 1, -8, 3, 7, -128, 64, 127}));
  EXPECT_EQ(storage_type(e), DataType::int8);
  EXPECT_EQ(describe(e), "int8 (4.67 bits on average) symmetric per channel (axis 0)");
}

TEST(Encoding, IsStoredInTheLeastTypeUnlessToldOtherwise) {
  const auto stored = [](int bits, bool is_signed, int in) {
    Encoding e{.bits = bits, .is_signed = is_signed};
    if (in != 0) store_in(e, in);
    return std::string(name_of(storage_type(e))) + (is_narrower_than_stored(e) ? " in part" : "");
  };
  EXPECT_EQ(stored(4, true, 0), "int4");
  EXPECT_EQ(stored(3, false, 0), "uint4 in part");
  EXPECT_EQ(stored(4, false, 8), "uint8 in part");
  EXPECT_EQ(stored(8, false, 8), "uint8");
  EXPECT_EQ(stored(9, true, 0), "int16 in part");
  EXPECT_EQ(stored(16, false, 16), "uint16");
}

TEST(Encoding, HasTheCodesOfItsWidth) {
  for (int bits = 2; bits <= 16; ++bits) {
    const Encoding u{.bits = bits}, s{.bits = bits, .is_signed = true}, n{.bits = bits, .is_signed = true, .narrow = true};
    EXPECT_EQ(u.code_max(), (1 << bits) - 1);
    EXPECT_EQ(s.code_min(), -(1 << (bits - 1)));
    EXPECT_EQ(n.code_min(), -n.code_max());
  }
}

TEST(Quantize, TakesEachBlocksScaleAlongTheAxis) {
  const Shape shape = {2, 5, 3};
  Tensor real(DataType::float32, shape);
  for (std::size_t i = 0; i < 30; ++i) real.mutable_values<float>()[i] = static_cast<float>(i) - 15;
  for (int axis : {0, 1, 2}) {
    Encoding e{.bits = 16, .is_signed = true, .symmetric = true, .axis = axis, .block_size = 2};
    const Shape scales = scale_shape(shape, e);
    EXPECT_EQ(scales[static_cast<std::size_t>(axis)], (shape[static_cast<std::size_t>(axis)] + 1) / 2);
    for (std::int64_t i = 0; i < element_count(scales); ++i) e.scale.push_back(0.01f * static_cast<float>(i + 1));
    e.zero_point.assign(e.scale.size(), 0);
    const std::vector<std::int32_t> codes = quantize(real, e);
    const ScaleIndex index(shape, e);
    EXPECT_EQ(index.count(), std::ssize(e.scale));
    std::int64_t next = 0;
    index.for_each([&](std::size_t element, std::size_t scale) {
      const auto i = static_cast<std::int64_t>(element);
      EXPECT_EQ(i, next++);
      std::int64_t place[3] = {i / 15, i / 3 % 5, i % 3};
      place[axis] /= 2;
      const std::int64_t s = (place[0] * scales[1] + place[1]) * scales[2] + place[2];
      EXPECT_EQ(static_cast<std::int64_t>(scale), s) << axis << " " << i;
      EXPECT_EQ(codes[element], static_cast<std::int32_t>(std::nearbyint((static_cast<float>(i) - 15) / e.scale[scale])));
    });
    EXPECT_EQ(next, 30);
    const Tensor back = dequantize(codes, e, shape);
    for (std::size_t i = 0; i < 30; ++i) EXPECT_NEAR(back.values<float>()[i], real.values<float>()[i], 0.2);
  }
}
