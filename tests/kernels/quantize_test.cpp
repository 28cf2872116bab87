#include "kernels/quantize.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "kernels/elementwise.h"

using namespace halftone;

namespace {

// Values on and beside ties, beyond both ends, and at random; of lengths around each vector width.
std::vector<float> awkward_values(std::int64_t count, float scale, std::uint64_t seed) {
  const Random random(seed, "awkward");
  std::vector<float> values;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto n = static_cast<std::uint64_t>(i);
    const double code = random.uniform(2 * n) * 600 - 300;
    const double x = i % 3 == 0 ? (std::floor(code) + 0.5) * scale : code * scale;
    values.push_back(i % 7 == 0 ? std::nextafter(static_cast<float>(x), 1e30f) : static_cast<float>(x));
  }
  return values;
}

}  // namespace

TEST(QuantizeToCodes, EqualsItsReferenceToTheBit) {
  for (std::int64_t count : {0, 1, 3, 7, 8, 9, 15, 16, 17, 31, 33, 1000}) {
    for (const CodeGrid& grid : {CodeGrid{0.1f, 0, 255}, CodeGrid{0.25f, -128, 127}, CodeGrid{1.7e-3f, -37, 218}, CodeGrid{0.01f, -32768, 32767}}) {
      const std::vector<float> x = awkward_values(count, grid.scale, static_cast<std::uint64_t>(count));
      std::vector<float> fast(x.size()), plain(x.size());
      quantize_to_codes(x.data(), count, grid, fast.data());
      reference::quantize_to_codes(x.data(), count, grid, plain.data());
      EXPECT_EQ(fast, plain) << count << " values, scale " << grid.scale;
    }
  }
}

TEST(SplitCodes, GivesBytesThatAddUp) {
  std::vector<float> codes;
  for (int code = -65535; code <= 65535; code += 7) codes.push_back(static_cast<float>(code));
  for (int code : {-65535, -384, -128, 0, 127, 128, 129, 383, 384, 385, 32767, 65535}) codes.push_back(static_cast<float>(code));
  std::vector<float> high(codes.size()), low(codes.size());
  split_codes(codes.data(), static_cast<std::int64_t>(codes.size()), high.data(), low.data());
  for (std::size_t i = 0; i < codes.size(); ++i) {
    EXPECT_EQ(256 * high[i] + low[i], codes[i]);
    EXPECT_LE(std::fabs(low[i]), 128) << codes[i];
    EXPECT_EQ(high[i], std::nearbyint(high[i])) << codes[i];
  }
}

TEST(QuantizeToCodes, IsHardlyBiased) {  // ties go to even, so up and down cancel
  const CodeGrid grid{0.5f, -128, 127};
  std::vector<float> x, codes;
  for (int i = -100; i < 100; ++i) x.push_back((static_cast<float>(i) + 0.5f) * 0.5f);
  codes.resize(x.size());
  quantize_to_codes(x.data(), static_cast<std::int64_t>(x.size()), grid, codes.data());
  double bias = 0;
  for (std::size_t i = 0; i < x.size(); ++i) bias += codes[i] - x[i] / grid.scale;
  EXPECT_EQ(bias, 0);
}

TEST(Requantize, EqualsItsReferenceToTheBit) {
  for (std::int64_t channels : {1, 3, 8, 17, 64}) {
    const std::int64_t rows = 13;
    std::vector<float> sums, multiplier, fast(static_cast<std::size_t>(rows * channels)), plain(fast.size());
    const Random random(9, "sums");
    for (std::int64_t i = 0; i < rows * channels; ++i) sums.push_back(std::floor(static_cast<float>(random.uniform(static_cast<std::uint64_t>(i)) * 4e6 - 2e6)));
    for (std::int64_t c = 0; c < channels; ++c) multiplier.push_back(1.0f / (1 << 13) * static_cast<float>(1 + c % 5) / 2);
    for (bool rounds : {true, false}) {
      requantize(sums.data(), rows, channels, multiplier.data(), rounds, -128, 127, fast.data());
      reference::requantize(sums.data(), rows, channels, multiplier.data(), rounds, -128, 127, plain.data());
      EXPECT_EQ(fast, plain) << channels << " channels, rounds " << rounds;
      if (rounds && channels >= 8) {  // the data reach both ends and the middle of the grid
        EXPECT_EQ(*std::min_element(fast.begin(), fast.end()), -128);
        EXPECT_EQ(*std::max_element(fast.begin(), fast.end()), 127);
        EXPECT_GT(std::count_if(fast.begin(), fast.end(), [](float c) { return std::fabs(c) < 100; }), 0);
      }
    }
  }
}

TEST(AddCodes, EqualsTheFormulaOnEveryPairOfCodes) {
  const Random random(5, "add");
  for (std::uint64_t trial = 0; trial < 20; ++trial) {
    const auto draw = [&](std::uint64_t i) { return static_cast<float>(0.3 + random.uniform(trial * 10 + i)); };
    const auto zero = [&](std::uint64_t i) { return static_cast<float>(random.below(trial * 10 + i, 256)); };
    CodeAdd s{draw(0), trial % 2 == 0 ? draw(1) : 57.0f / 64, zero(2), zero(3), zero(4)};
    s.low = -s.zy;
    s.high = 255 - s.zy;
    const float fixed = s.zy - std::fma(s.ra, s.za, s.rb * s.zb);
    std::vector<float> a, b, expected;
    for (int i = 0; i < 256; ++i) {
      for (int j = 0; j < 256; ++j) {
        a.push_back(static_cast<float>(i) - s.za);
        b.push_back(static_cast<float>(j) - s.zb);
        const float code = std::nearbyint(std::fma(static_cast<float>(i), s.ra, std::fma(static_cast<float>(j), s.rb, fixed)));
        expected.push_back(std::clamp(code, 0.0f, 255.0f) - s.zy);
      }
    }
    std::vector<float> out(a.size());
    add_codes(a.data(), b.data(), static_cast<std::int64_t>(a.size()), s, out.data());
    EXPECT_EQ(out, expected) << "trial " << trial;
  }
}

TEST(AddValues, ClampsTheSum) {
  const std::vector<float> a = {1, 3, 100, -100, 5}, b = {0, 0.5f, 100, -100, -5};
  std::vector<float> out(5);
  add_values(a.data(), b.data(), 5, 0, 6, out.data());
  EXPECT_EQ(out, (std::vector<float>{1, 3.5f, 6, 0, 0}));
}

TEST(Elementwise, MayWriteWhereItRead) {
  const Random random(5, "in place");
  const std::int64_t count = 1002;
  std::vector<float> a(count), b(count), out(count);
  for (std::size_t i = 0; i < a.size(); ++i) {
    a[i] = std::nearbyint(static_cast<float>(60 * random.normal(2 * i)));
    b[i] = std::nearbyint(static_cast<float>(60 * random.normal(2 * i + 1)));
  }
  const auto expect_same = [&](const auto& kernel) {
    kernel(a.data(), out.data());
    std::vector<float> place = a;
    kernel(place.data(), place.data());
    EXPECT_EQ(place, out);
  };
  const CodeAdd add{0.7f, 0.4f, 3, 5, 7, -7, 248};
  const std::vector<float> gain = {2, -1, 0.5f}, shift = {1, 0, -3};
  expect_same([&](const float* x, float* y) { clamp_values(x, count, -20, 33, y); });
  expect_same([&](const float* x, float* y) { add_values(x, b.data(), count, -20, 33, y); });
  expect_same([&](const float* x, float* y) { add_values(b.data(), x, count, -20, 33, y); });
  expect_same([&](const float* x, float* y) { add_codes(x, b.data(), count, add, y); });
  expect_same([&](const float* x, float* y) { affine_rows(x, count / 3, 3, gain.data(), shift.data(), y); });
  expect_same([&](const float* x, float* y) { quantize_to_codes(x, count, {0.7f, -100, 155}, y); });
  expect_same([&](const float* x, float* y) { scale_values(x, count, 0.3f, y); });
}

TEST(RoundingError, EqualsItsReference) {
  std::vector<float> x(1003);
  const Random random(3, "rounding error");
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(2 * random.normal(i));
  const CodeGrid grid = {0.013f, -128, 127};
  const RoundingError fast = rounding_error(x.data(), std::ssize(x), grid), plain = reference::rounding_error(x.data(), std::ssize(x), grid);
  EXPECT_NEAR(fast.squares, plain.squares, 1e-9 * plain.squares);
  EXPECT_NEAR(fast.sum, plain.sum, 1e-9 * std::fabs(plain.sum) + 1e-9);
}

TEST(PackCodes, ComesBackFromUnpackCodes) {
  std::vector<float> codes, again(256);
  for (int c = -128; c < 128; ++c) codes.push_back(static_cast<float>(c));
  std::vector<std::uint8_t> bytes(256);
  pack_codes(codes.data(), 256, 128, bytes.data());
  EXPECT_EQ(bytes.front(), 0);
  EXPECT_EQ(bytes.back(), 255);
  unpack_codes(bytes.data(), 256, -128, again.data());
  EXPECT_EQ(again, codes);
}
