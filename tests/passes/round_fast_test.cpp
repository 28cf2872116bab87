#include <algorithm>
#include <cmath>
#include <set>

#include "operators/layer.h"
#include "support/pass_runner.h"

using namespace halftone;
using namespace halftone::test;

namespace {

Graph with_grids(const SampleSource& data, Granularity granularity = Granularity::channel, int bits = 4) {
  Graph graph = residual_network(2, false);
  PassRun run(&data, {.weight_bits = bits, .granularity = granularity});
  for (const Pass* pass : {&kPlaceQuantizers, &kWeightRanges, &kActivationRanges}) run(*pass, graph);
  return graph;
}

std::vector<float> simulate(const Graph& graph, const Tensor& x) {
  Session session(graph, Arithmetic::simulated, 1);
  const auto outputs = session.run(std::vector<Tensor>{x});
  const auto values = outputs.at(0).values<float>();
  return {values.begin(), values.end()};
}

double distance(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

}  // namespace

TEST(RoundFast, BringsTheNetworkNearerToFloatOnOtherSamples) {
  const MemoryDataset data(random_tensor({64, 3, 8, 8}, 5));
  const Tensor other = random_tensor({64, 3, 8, 8}, 77);
  const std::vector<float> expected = run_float(residual_network(2, false), other);
  for (const Granularity granularity : {Granularity::channel, Granularity::tensor}) {
    const Graph nearest = with_grids(data, granularity);
    Graph rounded = nearest;
    PassRun run(&data);
    run(kRoundFast, rounded);
    EXPECT_LT(distance(simulate(rounded, other), expected), 0.5 * distance(simulate(nearest, other), expected));
  }
}

TEST(RoundFast, LeavesWeightsOnTheirGrids) {
  const MemoryDataset data(random_tensor({16, 3, 8, 8}, 5));
  Graph graph = with_grids(data);
  PassRun run(&data);
  run(kRoundFast, graph);
  for (const Layer& layer : layers_of(graph)) {
    const Tensor& w = *graph.constant(layer.weight);
    const Encoding& grid = *graph.encoding(layer.weight);
    const Tensor again = dequantize(quantize(w, grid), grid, w.shape());
    EXPECT_TRUE(std::equal(w.values<float>().begin(), w.values<float>().end(), again.values<float>().begin()));
  }
}

TEST(RoundFast, LeavesWeightsOnTheGridsOfTheirBlocks) {
  NetBuilder b;
  const ValueId hidden = b.relu(b.gemm(b.input({1, 24}), 24, 20));
  const Graph real = b.finish(b.node("MatMul", {hidden, b.constant(random_tensor({20, 6}, 3))}));
  const MemoryDataset data(random_tensor({256, 24}, 5));
  Graph graph = real;
  PassRun run(&data, {.weight_bits = 4, .block_size = 8});
  for (const Pass* pass : {&kPlaceQuantizers, &kWeightRanges, &kActivationRanges}) run(*pass, graph);
  const Graph nearest = graph;
  EXPECT_EQ(run(kRoundFast, graph).changed, 2);
  for (const Layer& layer : layers_of(graph)) {
    const Tensor& w = *graph.constant(layer.weight);
    const Encoding& grid = *graph.encoding(layer.weight);
    EXPECT_TRUE(grid.per_block());
    const Tensor again = dequantize(quantize(w, grid), grid, w.shape());
    EXPECT_TRUE(std::equal(w.values<float>().begin(), w.values<float>().end(), again.values<float>().begin()));
  }
  const Tensor other = random_tensor({64, 24}, 77);
  const auto expected = run_float(real, other);
  EXPECT_LT(distance(simulate(graph, other), expected), 0.9 * distance(simulate(nearest, other), expected));
}

TEST(RoundFast, HasTheSameBytesTwiceAndWithTwoThreads) {
  const MemoryDataset data(random_tensor({16, 3, 8, 8}, 5));
  std::vector<std::string> dumps;
  for (int threads : {1, 2, 1}) {
    Graph graph = with_grids(data);
    PassRun run(&data);
    run.context.job.threads = threads;
    run(kRoundFast, graph);
    std::string bytes;
    for (const Layer& layer : layers_of(graph)) {
      for (ValueId id : {layer.weight, layer.bias}) bytes.append(reinterpret_cast<const char*>(graph.constant(id)->data()), graph.constant(id)->bytes());
    }
    dumps.push_back(bytes);
  }
  EXPECT_EQ(dumps[0], dumps[1]);
  EXPECT_EQ(dumps[0], dumps[2]);
}

TEST(RoundFast, OneSampleIsEnough) {  // case R3
  const MemoryDataset data(random_tensor({1, 3, 8, 8}, 5));
  Graph graph = with_grids(data);
  PassRun run(&data);
  const PassReport report = run(kRoundFast, graph);
  EXPECT_EQ(report.changed, 5);
}

TEST(RoundFast, TakesLayersWhoseResultsAreAlwaysZeroAndHugeWeights) {
  for (const float factor : {0.0f, 1e-30f, 1e20f, 1e30f}) {
    const MemoryDataset data(random_tensor({16, 3, 8, 8}, 5));
    NetBuilder b(3);
    const ValueId x = b.input({1, 3, 8, 8});
    Graph graph = b.finish(b.conv(b.relu(b.conv(x, 3, 4, 1)), 4, 2, 1, {.bias = false}));
    const ValueId last = layers_of(graph)[1].weight;
    Tensor weight = *graph.constant(last);
    for (float& w : weight.mutable_values<float>()) w *= factor;
    graph.set_constant(last, std::move(weight));
    PassRun run(&data);
    for (const Pass* pass : {&kPlaceQuantizers, &kWeightRanges, &kActivationRanges}) run(*pass, graph);
    EXPECT_EQ(run(kRoundFast, graph).changed, 2) << factor;
    for (float w : graph.constant(layers_of(graph)[1].weight)->values<float>()) EXPECT_TRUE(std::isfinite(w)) << factor;
  }
}

TEST(RoundFast, KeepsDeadColumnsNearest) {  // case R2: fewer samples than columns, two of them always 0, one a copy
  constexpr std::size_t kColumns = 256, kChannels = 64, kSamples = 32;
  NetBuilder b(3);
  const ValueId x = b.input({1, kColumns});
  Graph graph = b.finish(b.node("MatMul", {x, b.constant(random_tensor({kColumns, kChannels}, 9))}));
  Tensor rows = random_tensor({kSamples, kColumns}, 5);
  for (std::size_t s = 0; s < kSamples; ++s) {
    float* row = rows.mutable_values<float>().data() + s * kColumns;
    row[7] = row[100] = 0;
    row[20] = row[21];
  }
  const MemoryDataset data(rows);
  for (int bits : {4, 8}) {
    PassRun run(&data, {.weight_bits = bits});
    Graph rounded = graph;
    for (const Pass* pass : {&kPlaceQuantizers, &kWeightRanges, &kActivationRanges}) run(*pass, rounded);
    EXPECT_EQ(run(kRoundFast, rounded).changed, 1);
    EXPECT_LE(run.context.rounded.at(0).now, run.context.rounded.at(0).nearest);
    const ValueId weight = layers_of(rounded)[0].weight;
    const auto before = graph.constant(layers_of(graph)[0].weight)->values<float>(), after = rounded.constant(weight)->values<float>();
    const Encoding& grid = *rounded.encoding(weight);
    for (std::size_t column : {7u, 100u}) {
      for (std::size_t c = 0; c < kChannels; ++c) {
        const float scale = grid.scale[c], w = before[column * kChannels + c];
        const float nearest = scale * std::clamp(std::nearbyint(w / scale), static_cast<float>(grid.code_min()), static_cast<float>(grid.code_max()));
        EXPECT_FLOAT_EQ(after[column * kChannels + c], nearest) << column << " " << c;
      }
    }
  }
}

TEST(RoundFast, TakesSamplesWhoseSquaresFloat32DoesNotHold) {
  Tensor x = random_tensor({16, 3, 8, 8}, 5);
  for (float& v : x.mutable_values<float>()) v *= 1e25f;
  const MemoryDataset data(x);
  Graph graph = with_grids(data);
  PassRun run(&data);
  EXPECT_EQ(run(kRoundFast, graph).changed, 5);
}

TEST(RoundFast, LayersThatShareAWeightKeepOneOfTheNearestCodes) {  // case B2
  NetBuilder b(3);
  const ValueId x = b.input({1, 4, 8, 8}), w = b.constant(random_tensor({4, 4, 1, 1}, 9));
  ValueId y = x;
  for (int i = 0; i < 3; ++i) y = b.relu(b.node("Conv", {y, w}));
  Graph graph = b.finish(y);
  const MemoryDataset data(random_tensor({16, 4, 8, 8}, 5));
  PassRun run(&data, {.weight_bits = 4});
  for (const Pass* pass : {&kPlaceQuantizers, &kWeightRanges, &kActivationRanges}) run(*pass, graph);
  const Encoding grid = *graph.encoding(w);
  const std::vector<std::int32_t> nearest = quantize(*graph.constant(w), grid);
  EXPECT_EQ(run(kRoundFast, graph).changed, 3);
  std::set<ValueId> biases;
  for (const Layer& layer : layers_of(graph)) {
    EXPECT_TRUE(is_quantized(graph, layer));
    EXPECT_EQ(layer.weight, w);
    biases.insert(layer.bias);
  }
  EXPECT_EQ(biases.size(), 3u);
  EXPECT_EQ(*graph.encoding(w), grid);
  EXPECT_EQ(quantize(*graph.constant(w), grid), nearest);
  EXPECT_EQ(to_floats(*graph.constant(w)), to_floats(dequantize(nearest, grid, {4, 4, 1, 1})));
}

TEST(RoundFast, WarnsOnceOfALayerWhoseScalesWereWidenedBefore) {
  NetBuilder b;
  const ValueId x = b.input({1, 3, 6, 6});
  const ValueId y = b.node("Conv", {x, b.constant(random_tensor({4, 3, 1, 1}, 3, 1e-4)), b.constant(Tensor::from<float>({4}, {3e3f, 1, -3e3f, 0.5f}))});
  Graph graph = b.finish(y);
  const MemoryDataset data(random_tensor({8, 3, 6, 6}, 5, 1e-3));
  PassRun run(&data);
  for (const Pass* pass : {&kPlaceQuantizers, &kWeightRanges, &kActivationRanges, &kRoundFast}) run(*pass, graph);
  EXPECT_THAT(run.context.warnings, testing::ElementsAre(testing::HasSubstr("weight scales of")));
}
