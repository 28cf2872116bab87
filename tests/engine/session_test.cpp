// Float and simulated execution: against references, against int64 arithmetic, with any number of threads.
#include "engine/session.h"

#include <cmath>

#include "engine/plan.h"
#include "operators/layer.h"
#include "support/net_builder.h"

using namespace halftone;
using test::NetBuilder;
using test::random_tensor;

namespace {

std::shared_ptr<const Encoding> grid(float scale, std::int32_t zero, bool is_signed = false, int bits = 8) {
  return std::make_shared<const Encoding>(Encoding{.bits = bits, .is_signed = is_signed, .scale = {scale}, .zero_point = {zero}});
}

// Grids on the weights (per channel, min-max) and on the named values.
void put_weight_grids(Graph& graph, int bits = 8) {
  for (const Layer& layer : layers_of(graph)) {
    const Tensor& w = *graph.constant(layer.weight);
    Encoding e{.bits = bits, .is_signed = true, .symmetric = true, .axis = layer.weight_axis};
    const ChannelWalk walk = channel_walk(w.shape(), layer.weight_axis);
    std::vector<float> top(static_cast<std::size_t>(walk.channels), 0);
    for (std::int64_t i = 0; i < w.size(); ++i) {
      float& t = top[static_cast<std::size_t>(i / walk.inner % walk.channels)];
      t = std::max(t, std::fabs(w.values<float>()[static_cast<std::size_t>(i)]));
    }
    e.scale.assign(top.size(), 1);
    e.zero_point.assign(top.size(), 0);
    for (std::size_t c = 0; c < top.size(); ++c) set_range(e, c, {-top[c], top[c]});
    graph.edit(layer.weight).encoding = std::make_shared<const Encoding>(e);
  }
}

void bring_weights_near_their_largest(Graph& graph) {
  for (const Layer& layer : layers_of(graph)) {
    Tensor w = *graph.constant(layer.weight);
    for (float& v : w.mutable_values<float>()) v = 1.0f + 0.01f * v;
    graph.set_constant(layer.weight, w);
  }
}

std::vector<float> run(const Graph& graph, Arithmetic arithmetic, const Tensor& x, int threads = 1) {
  Session session(graph, arithmetic, threads);
  const auto outputs = session.run(std::vector<Tensor>{x});
  const auto values = outputs.at(0).values<float>();
  return {values.begin(), values.end()};
}

// conv on codes in int64, the way NUMERICS.md states it; one layer, stride 1, no padding.
std::vector<float> integer_conv(const Graph& graph, const Layer& layer, const Tensor& x) {
  const Encoding &ex = *graph.encoding(layer.data), &ew = *graph.encoding(layer.weight), &ey = *graph.encoding(layer.output);
  const std::vector<std::int32_t> xi = quantize(x, ex), wi = quantize(*graph.constant(layer.weight), ew);
  const BiasCodes bias = derive_bias(graph, layer);
  const Shape &xs = x.shape(), &ws = graph.constant(layer.weight)->shape();
  const std::int64_t oh = xs[2] - ws[2] + 1, ow = xs[3] - ws[3] + 1;
  std::vector<float> out;
  for (std::int64_t n = 0; n < xs[0]; ++n)
    for (std::int64_t k = 0; k < ws[0]; ++k)
      for (std::int64_t i = 0; i < oh; ++i)
        for (std::int64_t j = 0; j < ow; ++j) {
          std::int64_t acc = bias.codes.empty() ? 0 : bias.codes[static_cast<std::size_t>(k)];
          for (std::int64_t c = 0; c < ws[1]; ++c)
            for (std::int64_t a = 0; a < ws[2]; ++a)
              for (std::int64_t b = 0; b < ws[3]; ++b) {
                acc += static_cast<std::int64_t>(xi[static_cast<std::size_t>(((n * xs[1] + c) * xs[2] + i + a) * xs[3] + j + b)] - ex.zero_point[0]) *
                       wi[static_cast<std::size_t>(((k * ws[1] + c) * ws[2] + a) * ws[3] + b)];
              }
          const float multiplier = bias.scale[static_cast<std::size_t>(k)] / ey.scale[0];
          const float code = std::nearbyint(static_cast<float>(acc) * multiplier) + static_cast<float>(ey.zero_point[0]);
          const float clamped = std::clamp(code, static_cast<float>(ey.code_min()), static_cast<float>(ey.code_max()));
          out.push_back((clamped - static_cast<float>(ey.zero_point[0])) * ey.scale[0]);
        }
  return out;
}

}  // namespace

TEST(Session, HasTheSameBytesWithOneAndTwoThreads) {
  Graph graph = test::residual_network();
  const Tensor x = random_tensor({5, 3, 8, 8}, 3);
  EXPECT_EQ(run(graph, Arithmetic::float32, x, 1), run(graph, Arithmetic::float32, x, 2));
}

TEST(Session, FusedStepsComputeWhatTheirNodesSay) {
  // A tap on every value forbids all fusions; the outputs must agree up to rounding.
  const Graph graph = test::residual_network();
  const Tensor x = random_tensor({2, 3, 8, 8}, 3);
  Session fused(graph, Arithmetic::float32, 1), plain(graph, Arithmetic::float32, 1, graph.values());
  int seen = 0;
  const auto a = fused.run(std::vector<Tensor>{x}), b = plain.run(std::vector<Tensor>{x}, [&](const TapView&) { ++seen; });
  for (std::size_t i = 0; i < 20; ++i) EXPECT_NEAR(a[0].values<float>()[i], b[0].values<float>()[i], 1e-4);
  EXPECT_EQ(seen, static_cast<int>(graph.nodes().size()) + 1);
  EXPECT_LT(fused.explain(std::vector<Shape>{x.shape()}).size(), plain.explain(std::vector<Shape>{x.shape()}).size());
}

TEST(Session, SimulatedConvEqualsInt64ArithmeticToTheBit) {
  NetBuilder b(5);
  const ValueId x = b.input({1, 6, 9, 9});
  Graph graph = b.finish(b.conv(x, 6, 10, 3));
  put_weight_grids(graph);
  graph.edit(x).encoding = grid(0.02f, 117);
  graph.edit(graph.outputs()[0]).encoding = grid(0.03f, 128);
  const Tensor input = random_tensor({2, 6, 9, 9}, 9);
  EXPECT_EQ(run(graph, Arithmetic::simulated, input), integer_conv(graph, layers_of(graph)[0], input));
}

TEST(Session, SimulatedConvIsExactWhereFloat32SumsWouldNotBe) {
  NetBuilder b(5);
  const ValueId x = b.input({1, 600, 4, 4});
  Graph graph = b.finish(b.conv(x, 600, 3, 3));
  bring_weights_near_their_largest(graph);  // sums reach 600 * 9 * 255 * 127 > 2^24
  put_weight_grids(graph);
  graph.edit(x).encoding = grid(0.01f, 0);
  graph.edit(graph.outputs()[0]).encoding = grid(60.0f, 0, false, 16);
  Tensor input = random_tensor({1, 600, 4, 4}, 9);
  for (float& v : input.mutable_values<float>()) v = 2.0f + 0.1f * v;
  const Layer layer = layers_of(graph)[0];
  Session session(graph, Arithmetic::simulated, 1);
  const auto report = session.explain(std::vector<Shape>{input.shape()});
  EXPECT_THAT(report.at(0).implementation, testing::HasSubstr("parts"));
  EXPECT_EQ(run(graph, Arithmetic::simulated, input), integer_conv(graph, layer, input));
}

TEST(Session, SimulatedConvIsExactWithCodesOfUpToSixteenBits) {
  struct Case {
    int weights, activations;
    bool is_signed;
    std::int32_t zero;
    std::int64_t channels;
  };
  for (const Case& c : {Case{4, 4, false, 3, 64}, {8, 12, false, 0, 64}, {8, 16, false, 0, 96}, {8, 16, false, 65535, 96}, {4, 16, true, 0, 96},
                        {16, 8, false, 117, 96}, {16, 16, true, -5000, 96}, {16, 16, false, 0, 160}, {6, 9, true, 17, 40}}) {
    for (bool large : {false, true}) {  // sums far beyond int32 when all weights are near their largest
      SCOPED_TRACE(fmt::format("w{}a{}, zero point {}, large {}", c.weights, c.activations, c.zero, large));
      NetBuilder b(5);
      const ValueId x = b.input({1, c.channels, 5, 5});
      Graph graph = b.finish(b.conv(x, c.channels, 6, 3));
      if (large) bring_weights_near_their_largest(graph);
      put_weight_grids(graph, c.weights);
      const float step = 8 / std::ldexp(1.0f, c.activations);
      graph.edit(x).encoding = grid(step, c.zero, c.is_signed, c.activations);
      graph.edit(graph.outputs()[0]).encoding = grid(large ? 4000 * step : step, c.is_signed ? 0 : 1 << (c.activations - 1), c.is_signed, c.activations);
      const Tensor input = random_tensor({2, c.channels, 5, 5}, 9, 3);
      EXPECT_EQ(run(graph, Arithmetic::simulated, input), integer_conv(graph, layers_of(graph)[0], input));
      EXPECT_EQ(run(graph, Arithmetic::simulated, input, 1), run(graph, Arithmetic::simulated, input, 2));
    }
  }
}

// Wide sums are those of real numbers, as a runtime without kernels for such codes computes them.
TEST(Session, AddOnWideGridsIsTheSumOfTheRealNumbers) {
  NetBuilder b;
  const ValueId x = b.input({1, 2, 8, 8}), y = b.relu(x);
  Graph graph = b.finish(b.add(x, y));
  graph.edit(x).encoding = grid(1.3e-4f, 30000, false, 16);
  graph.edit(y).encoding = grid(0.9e-4f, 12, false, 16);
  graph.edit(graph.outputs()[0]).encoding = grid(2.1e-4f, 31000, false, 16);
  const Tensor input = random_tensor({1, 2, 8, 8}, 9);
  const auto on = [&](const Tensor& real, ValueId id) { return dequantize(quantize(real, *graph.encoding(id)), *graph.encoding(id), real.shape()); };
  const Tensor left = on(input, x);
  Tensor right = left;
  for (float& v : right.mutable_values<float>()) v = std::max(v, 0.0f);
  right = on(right, y);
  for (std::int64_t i = 0; i < right.size(); ++i) right.mutable_values<float>()[static_cast<std::size_t>(i)] += left.values<float>()[static_cast<std::size_t>(i)];
  const Tensor expected = on(right, graph.outputs()[0]);
  EXPECT_EQ(run(graph, Arithmetic::simulated, input), std::vector<float>(expected.values<float>().begin(), expected.values<float>().end()));
}

TEST(Session, SimulatedConvIsExactWithBiasesThatFloat32CannotHold) {
  NetBuilder b(5);
  const ValueId x = b.input({1, 2, 5, 5});
  Graph graph = b.finish(b.conv(x, 2, 3, 3));
  put_weight_grids(graph);
  graph.edit(x).encoding = grid(0.001f, 128);
  const Layer layer = layers_of(graph)[0];
  const float unit = derive_bias(graph, layer).scale[0];
  Tensor bias = *graph.constant(layer.bias);
  for (float& v : bias.mutable_values<float>()) v = unit * 33554434.0f;  // code about 2^25
  graph.set_constant(layer.bias, bias);
  graph.edit(graph.outputs()[0]).encoding = grid(unit * 2048, 0, false, 16);
  const Tensor input = random_tensor({1, 2, 5, 5}, 9);
  EXPECT_EQ(run(graph, Arithmetic::simulated, input), integer_conv(graph, layer, input));
}

TEST(Session, SimulatedConvIsExactWhereOneChannelAloneExceedsFloat32) {
  NetBuilder b(5);
  const ValueId x = b.input({1, 1, 26, 26});
  Graph graph = b.finish(b.conv(x, 1, 2, 25));
  bring_weights_near_their_largest(graph);  // sums reach 625 * 255 * 127 > 2^24
  put_weight_grids(graph);
  graph.edit(x).encoding = grid(0.01f, 0);
  graph.edit(graph.outputs()[0]).encoding = grid(5.0f, 0, false, 16);
  Tensor input = random_tensor({1, 1, 26, 26}, 9);
  for (float& v : input.mutable_values<float>()) v = 2.0f + 0.1f * v;
  EXPECT_EQ(run(graph, Arithmetic::simulated, input), integer_conv(graph, layers_of(graph)[0], input));
}

TEST(Session, EveryOutputHoldsItsOwnValues) {
  // Outputs of one size that are converted behind the last step: the memory of one must not serve another's conversion.
  const auto network = [](const std::vector<std::size_t>& wanted) {
    NetBuilder b(5);
    const ValueId x = b.input({1, 3, 8, 8});
    const ValueId first = b.relu(b.conv(x, 3, 4, 3)), second = b.conv(first, 4, 4, 1), third = b.conv(first, 4, 4, 1), last = b.conv(second, 4, 4, 1);
    const std::vector<ValueId> values = {last, third, second, first};
    Graph graph = b.graph;
    for (std::size_t i : wanted) graph.add_output(values[i]);
    put_weight_grids(graph);
    graph.edit(x).encoding = grid(0.05f, 100);
    for (ValueId id : values) graph.edit(id).encoding = grid(0.05f, 100);
    return graph;
  };
  const std::vector<Tensor> inputs = {random_tensor({2, 3, 8, 8}, 3)};
  for (Arithmetic arithmetic : {Arithmetic::float32, Arithmetic::simulated}) {
    const std::vector<Tensor> together = Session(network({0, 1, 2, 3}), arithmetic, 1).run(inputs);
    for (std::size_t i = 0; i < together.size(); ++i) {
      const Tensor alone = Session(network({i}), arithmetic, 1).run(inputs).at(0);
      EXPECT_TRUE(std::equal(alone.values<float>().begin(), alone.values<float>().end(), together[i].values<float>().begin())) << i;
    }
  }
}

TEST(Session, SimulatedNetworkStaysNearTheFloatOneAndHasTheSameBytesWithTwoThreads) {
  Graph graph = test::residual_network(2, false);
  put_weight_grids(graph);
  const Tensor x = random_tensor({4, 3, 8, 8}, 3);
  for (ValueId id : graph.values()) {
    if (!graph.value(id).is_constant()) graph.edit(id).encoding = grid(0.05f, 100);
  }
  const auto f = run(graph, Arithmetic::float32, x), q = run(graph, Arithmetic::simulated, x, 1);
  EXPECT_EQ(q, run(graph, Arithmetic::simulated, x, 2));
  double signal = 0, noise = 0;
  for (std::size_t i = 0; i < f.size(); ++i) {
    signal += f[i] * f[i];
    noise += (f[i] - q[i]) * (f[i] - q[i]);
  }
  EXPECT_GT(10 * std::log10(signal / noise), 15);
  EXPECT_GT(noise, 0);
}

TEST(Session, PaddingOfCodesIsRealZero) {  // case X2
  NetBuilder b;
  const ValueId x = b.input({1, 3, 5, 5});
  Graph graph = b.finish(b.conv(x, 3, 4, 3, {.pads = {1, 1, 1, 1}, .bias = false}));
  put_weight_grids(graph);
  graph.edit(x).encoding = grid(0.1f, 128);
  graph.edit(graph.outputs()[0]).encoding = grid(0.1f, 128);
  EXPECT_THAT(run(graph, Arithmetic::simulated, Tensor(DataType::float32, {1, 3, 5, 5})), testing::Each(0.0f));
}

TEST(Session, NamesTheInputThatDoesNotFit) {
  Session session(test::residual_network(), Arithmetic::float32, 1);
  const auto message = [&](const Tensor& x) {
    try {
      session.run(std::vector<Tensor>{x});
      return std::string();
    } catch (const Error& error) {
      return std::string(error.what());
    }
  };
  EXPECT_THAT(message(random_tensor({1, 3, 8, 9}, 1)), testing::HasSubstr("input 'input': the model takes [N, 3, 8, 8], the data are [1, 3, 8, 9]"));
  EXPECT_THAT(message(Tensor(DataType::int64, {1, 3, 8, 8})), testing::HasSubstr("the model takes float32, the data are int64"));
}

TEST(Session, NamesTheNodeWhoseShapesDoNotFit) {
  NetBuilder b;
  const ValueId x = b.input({1, 4, 8, 8});
  Graph graph = b.finish(b.conv(x, 3, 8, 3));
  try {
    run(graph, Arithmetic::float32, random_tensor({1, 4, 8, 8}, 1));
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::AllOf(testing::HasSubstr("Conv 'conv"), testing::HasSubstr("takes 3 in each of 1 groups")));
  }
}

TEST(TakeOver, HappensWhereNobodyReadsTheOldContents) {
  const auto buffers_of = [] {
    std::vector<Buffer> buffers(4);
    for (int i = 0; i < 4; ++i) buffers[static_cast<std::size_t>(i)] = {.bytes = 100, .first_step = i, .last_step = i + 1};
    return buffers;
  };
  const std::vector<Takeover> chain = {{{0}, {1}, 1}, {{1}, {2}, 2}};
  std::vector<Buffer> buffers = buffers_of();
  take_over(buffers, chain);
  assign_offsets(buffers);
  EXPECT_EQ(buffers[1].offset, buffers[0].offset);
  EXPECT_EQ(buffers[2].offset, buffers[0].offset);
  EXPECT_NE(buffers[3].offset, buffers[2].offset);  // both live in step 3
  const auto stays_apart = [&](const auto& change) {
    std::vector<Buffer> changed = buffers_of();
    change(changed);
    take_over(changed, chain);
    EXPECT_EQ(changed[1].within, -1);
  };
  stays_apart([](std::vector<Buffer>& b) { b[0].last_step = 2; });  // another reader
  stays_apart([](std::vector<Buffer>& b) { b[1].bytes = 104; });
  const std::byte constant{};
  stays_apart([&](std::vector<Buffer>& b) { b[0].constant = &constant; });
}

TEST(AssignOffsets, NeverOverlapsBuffersThatLiveAtTheSameTime) {
  const Random random(1, "arena");
  for (std::uint64_t trial = 0; trial < 50; ++trial) {
    std::vector<Buffer> buffers(30);
    std::size_t sum = 0;
    for (std::size_t i = 0; i < buffers.size(); ++i) {
      const std::uint64_t n = trial * 1000 + i * 3;
      buffers[i].bytes = 4 + random.below(n, 5000);
      buffers[i].first_step = static_cast<int>(random.below(n + 1, 40));
      buffers[i].last_step = buffers[i].first_step + static_cast<int>(random.below(n + 2, 8));
      sum += buffers[i].bytes;
    }
    const std::size_t arena = assign_offsets(buffers);
    EXPECT_LT(arena, sum);
    for (const Buffer& a : buffers) {
      EXPECT_LE(a.offset + a.bytes, arena);
      EXPECT_EQ(a.offset % 64, 0u);
      for (const Buffer& b : buffers) {
        const bool together = &a != &b && a.first_step <= b.last_step && b.first_step <= a.last_step;
        if (together) {
          EXPECT_TRUE(a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset);
        }
      }
    }
  }
}

// As ONNX Runtime's QLinearAveragePool has it: real numbers, summed in the window's order. Sums of codes are another number.
TEST(Simulated, AveragePoolsSumRealNumbersInOrder) {
  NetBuilder b;
  using Ints = std::vector<std::int64_t>;
  const ValueId x = b.input({4, 64, 25, 5});
  const ValueId y = b.node("AveragePool", {x}, {{"kernel_shape", Ints{24, 5}}, {"strides", Ints{24, 5}}});
  Graph graph = b.finish(y);
  const float sx = 0.058458716f, sy = sx / 4;  // a thirtieth of the means lies halfway between two codes
  graph.edit(x).encoding = grid(sx, 0);
  graph.edit(y).encoding = grid(sy, 0);
  Tensor input = random_tensor({4, 64, 25, 5}, 3);
  for (float& v : input.mutable_values<float>()) v = sx * std::nearbyint(std::fabs(v) * 8);
  const std::vector<Tensor> outputs = Session(graph, Arithmetic::simulated, 2).run(std::vector<Tensor>{input});
  int ties = 0;
  for (std::int64_t picture = 0; picture < 4 * 64; ++picture) {
    float sum = 0, codes = 0;
    for (std::int64_t i = 0; i < 120; ++i) {
      const float value = input.values<float>()[static_cast<std::size_t>(picture * 125 + i)];
      sum += value;
      codes += std::nearbyint(value / sx);
    }
    const float code = std::min(std::nearbyint(sum / 120 / sy), 255.0f);
    EXPECT_EQ(outputs[0].values<float>()[static_cast<std::size_t>(picture)], sy * code);
    ties += code != std::min(std::nearbyint(codes / 120 * (sx / sy)), 255.0f) ? 1 : 0;
  }
  EXPECT_GT(ties, 0);
}

// What the second plan knows comes from the first one's shapes: another shape, another plan.
TEST(DataDependent, PlansAreNotTakenForOtherShapes) {
  NetBuilder b;
  const ValueId x = b.input({1, 1}, true, "x"), mask = b.input({4}, false, "mask");
  b.graph.edit(x).dims->at(1) = {-1, "W"};
  const ValueId sum = b.add(b.node("NonZero", {mask}), b.node("Size", {x}));
  Session session(b.finish(sum), Arithmetic::float32, 1);
  const Tensor marks = Tensor::from<float>({4}, {0, 1, 0, 1});
  for (std::int64_t width : {3, 5, 3}) {
    const Tensor y = session.run(std::vector<Tensor>{Tensor(DataType::float32, {1, width}), marks})[0];
    EXPECT_EQ(to_int64s(y), (std::vector<std::int64_t>{1 + width, 3 + width}));
  }
}
