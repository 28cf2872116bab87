// oneDNN's convolution and matrix product with their epilogues, against float64 loops; and exact on codes.
#include "kernels/convolution.h"

#include <omp.h>

#include <cmath>

#include "base/random.h"
#include "kernels/matrix_product.h"
#include "tensor/tensor.h"

using namespace halftone;

namespace {

struct Geometry {
  const char* name;
  ConvolutionShape shape;
};

ConvolutionShape shape_of(std::int64_t n, std::int64_t c, std::int64_t k, std::int64_t side, std::int64_t kernel, std::int64_t stride, std::int64_t pad_begin,
                          std::int64_t pad_end, std::int64_t groups = 1, std::int64_t dilation = 1) {
  ConvolutionShape s;
  s.batch = n;
  s.in_channels = c;
  s.out_channels = k;
  s.groups = groups;
  for (int axis : {0, 1}) {
    s.in[axis] = side + axis;
    s.kernel[axis] = kernel;
    s.stride[axis] = stride;
    s.dilation[axis] = dilation;
    s.pad_begin[axis] = pad_begin;
    s.out[axis] = (s.in[axis] + pad_begin + pad_end - dilation * (kernel - 1) - 1) / stride + 1;
    s.pad_end[axis] = (s.out[axis] - 1) * stride + dilation * (kernel - 1) + 1 - s.in[axis] - pad_begin;
  }
  return s;
}

const Geometry kGeometries[] = {
    {"pointwise", shape_of(2, 16, 24, 7, 1, 1, 0, 0)},         {"3x3", shape_of(1, 8, 16, 9, 3, 1, 1, 1)},
    {"stem with uneven pads", shape_of(2, 3, 16, 13, 3, 2, 0, 1)}, {"depthwise 3x3", shape_of(1, 24, 24, 9, 3, 1, 1, 1, 24)},
    {"depthwise 5x5 stride 2", shape_of(2, 16, 16, 11, 5, 2, 1, 2, 16)}, {"groups", shape_of(1, 16, 32, 6, 3, 1, 1, 1, 4)},
    {"odd channels", shape_of(3, 5, 7, 6, 3, 1, 1, 1)},        {"dilated", shape_of(1, 8, 8, 12, 3, 1, 2, 2, 1, 2)},
    {"one channel", shape_of(1, 1, 4, 10, 3, 1, 0, 0)},
};

template <typename Draw>
std::vector<float> fill(std::int64_t count, const Draw& draw) {
  std::vector<float> values(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = draw(i);
  return values;
}

struct Problem {
  std::vector<float> in, weight, bias, addend;
};

Problem make_problem(const ConvolutionShape& s, bool codes) {
  const Random random(4, "convolution");
  const auto real = [&](std::uint64_t salt) { return [&random, salt](std::size_t i) { return static_cast<float>(random.normal(salt + i)); }; };
  const auto whole = [&](std::uint64_t salt, double low, double high) {
    return [&random, salt, low, high](std::size_t i) { return static_cast<float>(std::floor(low + random.uniform(salt + i) * (high - low + 1))); };
  };
  const std::int64_t in = s.batch * s.in[0] * s.in[1] * s.in_channels, out = s.batch * s.out[0] * s.out[1] * s.out_channels;
  const std::int64_t weight = s.out_channels * s.in_channels / s.groups * s.kernel[0] * s.kernel[1];
  if (codes) return {fill(in, whole(0, -120, 135)), fill(weight, whole(1 << 20, -128, 127)), fill(s.out_channels, whole(1 << 21, -5000, 5000)), {}};
  return {fill(in, real(0)), fill(weight, real(1 << 20)), fill(s.out_channels, real(1 << 21)), fill(out, real(1 << 22))};
}

// The sums in float64, plus bias, in NHWC order.
std::vector<double> plain_sums(const ConvolutionShape& s, const Problem& p) {
  std::vector<double> sums;
  const std::int64_t channels = s.in_channels / s.groups, kernels = s.out_channels / s.groups;
  for (std::int64_t n = 0; n < s.batch; ++n)
    for (std::int64_t y = 0; y < s.out[0]; ++y)
      for (std::int64_t x = 0; x < s.out[1]; ++x)
        for (std::int64_t k = 0; k < s.out_channels; ++k) {
          double sum = p.bias[static_cast<std::size_t>(k)];
          for (std::int64_t c = 0; c < channels; ++c)
            for (std::int64_t i = 0; i < s.kernel[0]; ++i)
              for (std::int64_t j = 0; j < s.kernel[1]; ++j) {
                const std::int64_t at_y = y * s.stride[0] - s.pad_begin[0] + i * s.dilation[0], at_x = x * s.stride[1] - s.pad_begin[1] + j * s.dilation[1];
                if (at_y < 0 || at_x < 0 || at_y >= s.in[0] || at_x >= s.in[1]) continue;
                const std::int64_t channel = k / kernels * channels + c;
                sum += static_cast<double>(p.in[static_cast<std::size_t>(((n * s.in[0] + at_y) * s.in[1] + at_x) * s.in_channels + channel)]) *
                       p.weight[static_cast<std::size_t>(((k * channels + c) * s.kernel[0] + i) * s.kernel[1] + j)];
              }
          sums.push_back(sum);
        }
  return sums;
}

std::vector<float> run(const ConvolutionShape& s, const Problem& p, const Epilogue& epilogue, int threads = 2) {
  omp_set_num_threads(threads);
  const Convolution convolution(s, p.weight.data(), p.bias.data(), epilogue);
  if (!epilogue.add) {
    EXPECT_EQ(convolution.implementation().find("ref"), std::string::npos) << convolution.implementation();
  }
  Tensor scratch(DataType::uint8, {static_cast<std::int64_t>(convolution.scratch_bytes()) + 64});
  Tensor in = Tensor::from<float>({static_cast<std::int64_t>(p.in.size())}, p.in);
  Tensor out(DataType::float32, {s.batch * s.out[0] * s.out[1] * s.out_channels});
  convolution.run(in.values<float>().data(), epilogue.add ? p.addend.data() : nullptr, out.mutable_values<float>().data(), scratch.mutable_data());
  const auto values = out.values<float>();
  return {values.begin(), values.end()};
}

}  // namespace

TEST(Convolution, EqualsFloat64LoopsWithEachEpilogue) {
  for (const Geometry& g : kGeometries) {
    const Problem p = make_problem(g.shape, false);
    const std::vector<double> sums = plain_sums(g.shape, p);
    EXPECT_TRUE(Convolution::is_fast(g.shape, {.low = 0})) << g.name;
    for (const Epilogue& e : {Epilogue{}, Epilogue{.add = true}, Epilogue{.low = 0}, Epilogue{.low = 0, .high = 6}, Epilogue{.add = true, .low = 0}}) {
      const std::vector<float> out = run(g.shape, p, e);
      ASSERT_EQ(out.size(), sums.size());
      for (std::size_t i = 0; i < out.size(); ++i) {
        const double expected = std::clamp<double>(sums[i] + (e.add ? p.addend[i] : 0), e.low, e.high);
        ASSERT_NEAR(out[i], expected, 2e-4) << g.name << ", element " << i << ", add " << e.add << ", clamp " << e.low << ".." << e.high;
      }
    }
  }
}

TEST(Convolution, OnCodesIsExactAndRoundsAsTheReference) {
  for (const Geometry& g : kGeometries) {
    const Problem p = make_problem(g.shape, true);
    const std::vector<double> sums = plain_sums(g.shape, p);
    Epilogue e{.rounds = true, .low = -128, .high = 127};
    for (std::int64_t k = 0; k < g.shape.out_channels; ++k) e.multiplier.push_back(static_cast<float>(std::ldexp(1.0 + static_cast<double>(k % 3), -12)));
    const std::vector<float> out = run(g.shape, p, e);
    int inside = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
      const float product = static_cast<float>(sums[i]) * e.multiplier[i % e.multiplier.size()];
      const float expected = std::clamp(std::nearbyint(product), e.low, e.high);
      ASSERT_EQ(out[i], expected) << g.name << ", element " << i << ", sum " << sums[i];
      inside += std::fabs(expected) < 120 ? 1 : 0;
    }
    EXPECT_GT(inside, static_cast<int>(out.size() / 4)) << g.name << ": the test saturates";
  }
}

TEST(Convolution, HasTheSameBitsWithOneAndTwoThreads) {
  for (const Geometry& g : kGeometries) {
    const Problem p = make_problem(g.shape, false);
    EXPECT_EQ(run(g.shape, p, {.low = 0}, 1), run(g.shape, p, {.low = 0}, 2)) << g.name;
  }
}

TEST(MatrixProduct, EqualsFloat64LoopsBothWaysRound) {
  const Random random(8, "product");
  for (const auto& [rows, inner, columns] : {std::array<std::int64_t, 3>{1, 64, 10}, {7, 33, 17}, {32, 128, 100}}) {
    const auto a = fill(rows * inner, [&](std::size_t i) { return static_cast<float>(random.normal(i)); });
    const auto b = fill(inner * columns, [&](std::size_t i) { return static_cast<float>(random.normal(99999 + i)); });
    const auto bias = fill(columns, [&](std::size_t i) { return static_cast<float>(i); });
    for (bool transposed : {false, true}) {
      const auto product = make_matrix_product({rows, inner, columns, transposed}, b.data(), bias.data(), {.low = 0});
      Tensor scratch(DataType::uint8, {static_cast<std::int64_t>(product->scratch_bytes()) + 64});
      std::vector<float> out(static_cast<std::size_t>(rows * columns));
      product->run(a.data(), nullptr, out.data(), scratch.mutable_data());
      for (std::int64_t i = 0; i < rows; ++i) {
        for (std::int64_t j = 0; j < columns; ++j) {
          double sum = bias[static_cast<std::size_t>(j)];
          for (std::int64_t k = 0; k < inner; ++k) sum += static_cast<double>(a[static_cast<std::size_t>(i * inner + k)]) * b[static_cast<std::size_t>(transposed ? j * inner + k : k * columns + j)];
          ASSERT_NEAR(out[static_cast<std::size_t>(i * columns + j)], std::max(sum, 0.0), 2e-4) << i << ", " << j << ", transposed " << transposed;
        }
      }
    }
  }
}
