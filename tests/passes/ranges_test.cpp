// weight_ranges and activation_ranges.
#include <cmath>
#include <limits>

#include "operators/layer.h"
#include "support/pass_runner.h"

using namespace halftone;
using namespace halftone::test;

namespace {

// All passes from placing on.
Graph ranged(Graph graph, const SampleSource& data, const QuantizeOptions& options = {}, std::vector<std::string>* warnings = nullptr) {
  PassRun run(&data, options);
  for (const Pass* pass : {&kPlaceQuantizers, &kWeightRanges, &kActivationRanges}) run(*pass, graph);
  if (warnings != nullptr) *warnings = run.context.warnings;
  return graph;
}

Graph conv_clip(float low, float high) {
  NetBuilder b;
  const ValueId x = b.input({1, 3, 6, 6});
  return b.finish(b.conv(b.clip(b.conv(x, 3, 4, 3, {.deviation = 3}), low, high), 4, 4, 1));
}

}  // namespace

TEST(WeightRanges, CoverEachChannelWithItsOwnBits) {
  for (RangeMethod method : {RangeMethod::minmax, RangeMethod::mse}) {
    NetBuilder b;
    const ValueId x = b.input({1, 16, 4, 4});
    Graph graph = b.finish(b.conv(x, 16, 6, 3));
    const ValueId weight = layers_of(graph)[0].weight;
    PassRun run(nullptr, {.weight_range = method});
    run(kPlaceQuantizers, graph);
    Encoding grid = *graph.encoding(weight);
    grid.channel_bits = {2, 3, 4, 5, 6, 8};
    graph.edit(weight).encoding = std::make_shared<const Encoding>(grid);
    run(kWeightRanges, graph);
    const Encoding& set = *graph.encoding(weight);
    const std::vector<std::int32_t> codes = quantize(*graph.constant(weight), set);
    for (std::size_t c = 0; c < 6; ++c) {
      const auto first = codes.begin() + static_cast<std::ptrdiff_t>(c) * 144;
      const auto [low, high] = std::minmax_element(first, first + 144);
      EXPECT_TRUE(*low >= set.code_min(c) && *high <= set.code_max(c)) << c;
      EXPECT_TRUE(*high == set.code_max(c) || *low <= -set.code_max(c)) << c;  // all codes are used
    }
  }
}

TEST(ActivationRanges, NeverReachBeyondAFusedClamp) {  // case P1
  const MemoryDataset data(random_tensor({8, 3, 6, 6}, 5));
  const std::pair<float, float> bounds[] = {{0.0f, 6.0f}, {0.0f, 1.7f}, {0.0f, 0.3f}, {-1.0f, 1.0f}, {-0.3f, 1.7f}, {-2.0f, 0.0f}};
  for (const auto& [low, high] : bounds) {
    for (RangeMethod method : {RangeMethod::minmax, RangeMethod::mse}) {
      QuantizeOptions options;
      options.activation_range = method;
      const Graph graph = ranged(conv_clip(low, high), data, options);
      const Encoding& e = *graph.encoding(output_of(graph, "Clip"));
      EXPECT_LE(e.real_max(), high);
      EXPECT_GE(e.real_min(), low);
      EXPECT_GE(e.real_max() - e.real_min(), (high - low) * (method == RangeMethod::minmax ? 0.99f : 0.5f));
    }
  }
}

TEST(ActivationRanges, MinMaxOfTheSamplesWhateverTheBatches) {
  const Tensor samples = random_tensor({9, 3, 8, 8}, 5);
  const MemoryDataset data(samples);
  QuantizeOptions options;
  options.activation_range = RangeMethod::minmax;
  const Graph graph = ranged(residual_network(2, false), data, options);
  const auto [low, high] = std::minmax_element(samples.values<float>().begin(), samples.values<float>().end());
  const Encoding& e = *graph.encoding(graph.inputs()[0]);
  EXPECT_FLOAT_EQ(e.scale[0], (*high - *low) / 255);
}

TEST(ActivationRanges, ScoresKeepTheirMaximum) {
  const MemoryDataset data(random_tensor({40, 3, 8, 8}, 5));
  QuantizeOptions narrow;
  narrow.activation_range = RangeMethod::percentile;
  narrow.percentile = 80;
  const Graph graph = ranged(residual_network(2, false), data, narrow);
  float most = -1e30f;
  Graph real = residual_network(2, false);
  for (std::int64_t s = 0; s < 40; ++s) {
    for (float v : run_float(real, data.read(s, 1, {}).inputs[0])) most = std::max(most, v);
  }
  const Encoding& e = *graph.encoding(graph.outputs()[0]);
  EXPECT_GE(e.real_max(), most - 1.01f * e.scale[0]);
}

TEST(ActivationRanges, DeadValuesAndConstantsHaveValidGrids) {  // case G2
  NetBuilder b;
  const ValueId x = b.input({1, 2, 4, 4});
  const Tensor zeros(DataType::float32, {3, 2, 1, 1});
  const ValueId dead = b.relu(b.node("Conv", {x, b.constant(zeros), b.constant(Tensor::from<float>({3}, {-1, -1, -1}))}));
  const Graph graph = ranged(b.finish(b.node("Conv", {dead, b.constant(random_tensor({2, 3, 1, 1}, 2)), b.constant(Tensor::from<float>({2}, {0.7f, -0.2f}))})),
                             MemoryDataset(random_tensor({4, 2, 4, 4}, 5)));
  for (ValueId id : graph.values()) {
    if (const Encoding* e = graph.encoding(id)) {
      for (float s : e->scale) EXPECT_TRUE(s > 0 && std::isfinite(s)) << graph.value(id).name;
    }
  }
  Session session(graph, Arithmetic::simulated, 1);
  const auto out = session.run(std::vector<Tensor>{random_tensor({1, 2, 4, 4}, 9)});
  const Encoding& e = *graph.encoding(graph.outputs()[0]);
  EXPECT_NEAR(out[0].values<float>()[0], 0.7, e.scale[0]);
  EXPECT_NEAR(out[0].values<float>()[16], -0.2, e.scale[0]);
}

TEST(ActivationRanges, NameTheSampleAndValueThatAreNotFinite) {  // case G3
  Tensor samples = random_tensor({16, 3, 8, 8}, 5);
  samples.mutable_values<float>()[11 * 192 + 7] = std::numeric_limits<float>::quiet_NaN();
  const MemoryDataset data(samples);
  try {
    ranged(residual_network(2, false), data);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::AllOf(testing::HasSubstr("sample 11"), testing::HasSubstr("'input'"), testing::HasSubstr("NaN")));
  }
}

TEST(ActivationRanges, WidenTheWeightScaleWhereABiasWouldNotFit) {  // case B1
  NetBuilder b;
  const ValueId x = b.input({1, 1, 4, 4});
  Graph graph = b.finish(b.node("Conv", {x, b.constant(Tensor::from<float>({3, 1, 1, 1}, {1e-7f, 0.5f, 1e-16f})), b.constant(Tensor::from<float>({3}, {5, -4.5f, -1.2157f}))}));
  Tensor samples = random_tensor({4, 1, 4, 4}, 5, 20);
  std::vector<std::string> warnings;
  graph = ranged(graph, MemoryDataset(samples), {}, &warnings);
  const Layer layer = layers_of(graph)[0];
  const BiasCodes bias = derive_bias(graph, layer);
  for (std::size_t c = 0; c < 3; ++c) {
    EXPECT_LT(std::fabs(static_cast<double>(bias.codes[c])), 2147483647.0) << c;
    const double real = static_cast<double>(bias.codes[c]) * bias.scale[c];
    EXPECT_NEAR(real, to_floats(*graph.constant(layer.bias))[c], 1e-4 + bias.scale[c] / 2) << c;
  }
  EXPECT_EQ(warnings.size(), 1u);
}

TEST(WeightRanges, AreMinMaxOrBetterPerChannelAndPerTensor) {
  const MemoryDataset data(random_tensor({4, 3, 8, 8}, 5));
  for (Granularity granularity : {Granularity::channel, Granularity::tensor}) {
    QuantizeOptions minmax;
    minmax.granularity = granularity;
    minmax.weight_range = RangeMethod::minmax;
    const Graph graph = ranged(residual_network(2, false), data, minmax);
    for (const Layer& layer : layers_of(graph)) {
      const Encoding& e = *graph.encoding(layer.weight);
      EXPECT_EQ(e.scale.size(), granularity == Granularity::channel ? static_cast<std::size_t>(layer.channels) : 1u);
      float top = 0;
      for (float w : graph.constant(layer.weight)->values<float>()) top = std::max(top, std::fabs(w));
      EXPECT_FLOAT_EQ(*std::max_element(e.scale.begin(), e.scale.end()), top / 127);
    }
  }
}
