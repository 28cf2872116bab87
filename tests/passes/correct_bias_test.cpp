#include <cmath>

#include "operators/layer.h"
#include "support/pass_runner.h"

using namespace halftone;
using namespace halftone::test;

namespace {

Graph with_grids(Graph graph, const SampleSource& data) {
  PassRun run(&data, {.weight_bits = 4});
  for (const Pass* pass : {&kPlaceQuantizers, &kWeightRanges, &kActivationRanges}) run(*pass, graph);
  return graph;
}

// Means of the output's channels, in either arithmetic.
std::vector<double> channel_means(const Graph& graph, Arithmetic arithmetic, const Tensor& x) {
  Session session(graph, arithmetic, 1);
  const auto outputs = session.run(std::vector<Tensor>{x});
  const ChannelWalk walk = channel_walk(outputs.at(0).shape(), 1);
  std::vector<double> means(static_cast<std::size_t>(walk.channels));
  std::int64_t i = 0;
  for (float v : outputs.at(0).values<float>()) means[static_cast<std::size_t>(i++ / walk.inner % walk.channels)] += v / static_cast<double>(walk.outer * walk.inner);
  return means;
}

double distance(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(sum);
}

Tensor positive_samples(std::int64_t count, std::uint64_t seed) {
  Tensor x = random_tensor({count, 3, 8, 8}, seed);
  for (float& v : x.mutable_values<float>()) v = std::fabs(v);
  return x;
}

Graph convolution(bool bias, std::int64_t group = 1) {
  NetBuilder b;
  const ValueId x = b.input({1, 3, 8, 8});
  return b.finish(b.conv(x, 3, 6, 3, {.group = group, .pads = {1, 1, 1, 1}, .bias = bias}));
}

}  // namespace

TEST(CorrectBias, LetsTheMeansOfTheOutputAgree) {
  const MemoryDataset data(positive_samples(64, 5));
  const Tensor other = positive_samples(64, 77);
  for (const auto& [bias, group] : {std::pair{true, 1}, {false, 1}, {true, 3}}) {
    const Graph graph = convolution(bias, group), nearest = with_grids(graph, data);
    Graph corrected = nearest;
    PassRun run(&data);
    EXPECT_EQ(run(kCorrectBias, corrected).changed, 1);
    const std::vector<double> expected = channel_means(graph, Arithmetic::float32, other);
    const double before = distance(channel_means(nearest, Arithmetic::simulated, other), expected);
    const double after = distance(channel_means(corrected, Arithmetic::simulated, other), expected);
    EXPECT_LT(after, 0.2 * before) << "bias " << bias << ", groups " << group;
  }
}

TEST(CorrectBias, BringsTheNetworkNearerToFloatOnOtherSamples) {
  const MemoryDataset data(positive_samples(64, 5));
  const Tensor other = positive_samples(64, 77);
  const Graph graph = residual_network(2, false), nearest = with_grids(graph, data);
  Graph corrected = nearest;
  PassRun run(&data);
  run(kCorrectBias, corrected);
  const std::vector<double> expected = channel_means(graph, Arithmetic::float32, other);
  EXPECT_LT(distance(channel_means(corrected, Arithmetic::simulated, other), expected), 0.7 * distance(channel_means(nearest, Arithmetic::simulated, other), expected));
}

TEST(CorrectBias, WidensTheScaleOfAChannelWhoseBiasLeavesInt32) {  // case B1
  const MemoryDataset data(positive_samples(8, 5));
  Graph graph = with_grids(convolution(true), data);
  const Layer layer = layers_of(graph).at(0);
  Encoding tiny = *graph.encoding(layer.weight);
  tiny.scale[0] = 1e-20f;
  graph.edit(layer.weight).encoding = std::make_shared<const Encoding>(tiny);
  PassRun run(&data);
  run(kCorrectBias, graph);
  EXPECT_EQ(run.context.warnings.size(), 1u);
  EXPECT_LT(std::fabs(derive_bias(graph, layers_of(graph).at(0)).codes[0]), 2147483647.0);
}

TEST(CorrectBias, NotesALayerThatHasNoBias) {
  const MemoryDataset data(random_tensor({8, 16}, 5));
  NetBuilder b;
  const ValueId x = b.input({1, 16});
  Graph graph = with_grids(b.finish(b.node("MatMul", {x, b.constant(random_tensor({16, 4}, 3))})), data);
  PassRun run(&data);
  const PassReport report = run(kCorrectBias, graph);
  EXPECT_EQ(report.changed, 0);
  ASSERT_EQ(report.notes.size(), 1u);
  EXPECT_NE(report.notes[0].find("MatMul"), std::string::npos);
}
