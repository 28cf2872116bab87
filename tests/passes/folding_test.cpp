// fold_constants, fold_batch_norm, fold_constant_channels: the float outputs stay.
#include <cmath>
#include <limits>

#include "operators/layer.h"
#include "support/pass_runner.h"

using namespace halftone;
using namespace halftone::test;

namespace {

int count(const Graph& graph, const std::string& type) {
  int n = 0;
  for (NodeId id : graph.nodes()) n += graph.node(id).type == type ? 1 : 0;
  return n;
}

// conv 3 -> 8 -> relu6 -> reader; channel 2 of the first has tiny weights, channel 5 none at all.
Graph with_constant_channels(std::int64_t reader_pad, float constant) {
  NetBuilder b(3);
  const ValueId x = b.input({1, 3, 8, 8});
  const ValueId first = b.clip(b.conv(x, 3, 8, 3), 0, 6);
  Graph graph = b.finish(b.conv(first, 8, 4, 3, {.pads = {reader_pad, reader_pad, reader_pad, reader_pad}}));
  Layer layer = layers_of(graph)[0];
  Tensor w = *graph.constant(layer.weight), bias = *graph.constant(layer.bias);
  for (std::size_t i = 0; i < 27; ++i) {
    w.mutable_values<float>()[2 * 27 + i] = 1e-12f;
    w.mutable_values<float>()[5 * 27 + i] = 0;
  }
  bias.mutable_values<float>()[2] = constant;
  bias.mutable_values<float>()[5] = constant;
  graph.set_constant(layer.weight, w);
  graph.set_constant(layer.bias, bias);
  Tensor reader = *graph.constant(layers_of(graph)[1].weight);  // and the reader's weights for them are huge
  for (std::size_t o = 0; o < 4; ++o)
    for (std::size_t i = 0; i < 9; ++i) reader.mutable_values<float>()[(o * 8 + 2) * 9 + i] = 224;
  graph.set_constant(layers_of(graph)[1].weight, reader);
  return graph;
}

float largest_weight(const Graph& graph, std::size_t layer) {
  float most = 0;
  for (float w : graph.constant(layers_of(graph)[layer].weight)->values<float>()) most = std::max(most, std::fabs(w));
  return most;
}

}  // namespace

TEST(FoldBias, TakesOneConstantAChannelIntoTheLayer) {
  for (const Shape& shape : {Shape{4, 1, 1}, Shape{1, 4, 1, 1}, Shape{1}, Shape{1, 1, 1, 1}}) {
    for (const bool has_bias : {false, true}) {
      NetBuilder b;
      const ValueId sum = b.node("Add", {b.constant(random_tensor(shape, 3)), b.conv(b.input({1, 3, 6, 6}), 3, 4, 3, {.bias = has_bias})});
      Graph graph = b.finish(b.relu(sum));
      const Tensor x = random_tensor({2, 3, 6, 6}, 1);
      const auto before = run_float(graph, x);
      PassRun run;
      EXPECT_EQ(run(kFoldBias, graph).changed, 1);
      EXPECT_EQ(count(graph, "Add"), 0);
      EXPECT_LT(relative_error(run_float(graph, x), before), 1e-6);
    }
  }
}

TEST(FoldBias, TakesOneAdditionAfterTheOther) {
  NetBuilder b;
  const ValueId x = b.conv(b.input({1, 3, 6, 6}), 3, 4, 3, {.bias = false});
  Graph graph = b.finish(b.node("Add", {b.node("Add", {x, b.constant(random_tensor({4, 1, 1}, 3))}), b.constant(random_tensor({1}, 4))}));
  const Tensor input = random_tensor({2, 3, 6, 6}, 1);
  const auto before = run_float(graph, input);
  PassRun run;
  EXPECT_EQ(run(kFoldBias, graph).changed, 2);
  EXPECT_LT(relative_error(run_float(graph, input), before), 1e-6);
}

TEST(FoldBias, LeavesWhatIsNoBias) {
  const auto changes = [](const Tensor& added, bool read_twice, const std::vector<std::string>& exclude) {
    NetBuilder b;
    const ValueId x = b.conv(b.input({1, 3, 6, 6}), 3, 4, 3);
    const ValueId sum = b.node("Add", {x, b.constant(added)});
    Graph graph = b.finish(read_twice ? b.add(sum, x) : sum);
    PassRun run(nullptr, {.exclude = exclude});
    return run(kFoldBias, graph).changed;
  };
  EXPECT_EQ(changes(random_tensor({4, 1, 1}, 3), false, {}), 1);
  EXPECT_EQ(changes(random_tensor({4}, 3), false, {}), 0) << "along the width";
  EXPECT_EQ(changes(random_tensor({1, 4, 4}, 3), false, {}), 0) << "one a place";
  EXPECT_EQ(changes(random_tensor({1, 1, 4, 1, 1}, 3), false, {}), 0) << "the result has one more axis";
  EXPECT_EQ(changes(Tensor::from<float>({1}, {-std::numeric_limits<float>::infinity()}), false, {}), 0) << "no number";
  EXPECT_EQ(changes(random_tensor({4, 1, 1}, 3), true, {}), 0) << "others read the layer";
  EXPECT_EQ(changes(random_tensor({4, 1, 1}, 3), false, {"add*"}), 0) << "excluded";
}

TEST(FoldConstants, EvaluatesShapeChainsAndDropsIdentities) {
  NetBuilder b;
  const ValueId x = b.input({1, 3, 4, 4});
  const ValueId shape = b.node("Concat", {b.constant(Tensor::from<std::int64_t>({1}, {0})), b.constant(Tensor::from<std::int64_t>({1}, {-1}))}, {{"axis", std::int64_t{0}}});
  Graph graph = b.finish(b.node("Reshape", {b.node("Identity", {b.node("Dropout", {b.relu(x)})}), shape}));
  graph.remove_unused_nodes();
  Graph without = graph;
  for (NodeId id : without.nodes()) {
    if (without.node(id).type == "Dropout") without.bypass(id);
  }
  const auto before = run_float(without, random_tensor({2, 3, 4, 4}, 1));
  PassRun run;
  EXPECT_EQ(run(kFoldConstants, graph).changed, 3);
  EXPECT_EQ(graph.nodes().size(), 2u) << dump(graph);
  EXPECT_EQ(run_float(graph, random_tensor({2, 3, 4, 4}, 1)), before);
}

TEST(FoldBatchNorm, KeepsFloatOutputsAndLeavesThePrior) {
  for (bool bias : {false, true}) {
    for (std::int64_t group : {1, 2, 4}) {
      NetBuilder b(static_cast<std::uint64_t>(group));
      const ValueId x = b.input({1, 4, 6, 6});
      Graph graph = b.finish(b.relu(b.batch_norm(b.conv(x, 4, 8, 3, {.group = group, .bias = bias}), 8)));
      const Tensor input = random_tensor({2, 4, 6, 6}, 7);
      const auto before = run_float(graph, input);
      PassRun run;
      EXPECT_EQ(run(kFoldBatchNorm, graph).changed, 1);
      EXPECT_EQ(count(graph, "BatchNormalization"), 0);
      EXPECT_LT(relative_error(run_float(graph, input), before), 1e-5) << dump(graph);
      const auto& prior = graph.value(output_of(graph, "Conv")).prior;
      ASSERT_NE(prior, nullptr);
      EXPECT_EQ(prior->mean.size(), 8u);
      for (float d : prior->deviation) EXPECT_GE(d, 0);  // gamma may be negative
    }
  }
}

TEST(FoldBatchNorm, KeepsOneWhoseLayerOthersReadToo) {  // case E3
  NetBuilder b;
  const ValueId x = b.input({1, 4, 6, 6});
  const ValueId c = b.conv(x, 4, 4, 1);
  Graph graph = b.finish(b.add(b.batch_norm(c, 4), c));
  PassRun run;
  const PassReport report = run(kFoldBatchNorm, graph);
  EXPECT_EQ(report.changed, 0);
  EXPECT_THAT(report.notes.at(0), testing::HasSubstr("read by others too"));
}

TEST(FoldBatchNorm, CopiesAWeightThatAnotherLayerReads) {
  NetBuilder b;
  const ValueId x = b.input({1, 4, 6, 6});
  const ValueId w = b.constant(random_tensor({4, 4, 1, 1}, 3));
  Graph graph = b.finish(b.node("Conv", {b.batch_norm(b.node("Conv", {x, w}), 4), w}));
  const Tensor input = random_tensor({2, 4, 6, 6}, 7);
  const auto before = run_float(graph, input);
  PassRun run;
  EXPECT_EQ(run(kFoldBatchNorm, graph).changed, 1);
  EXPECT_LT(relative_error(run_float(graph, input), before), 1e-5);
}

TEST(FoldConstantChannels, MovesThemIntoTheReadersBiasAndKeepsTheOutputs) {
  Graph graph = with_constant_channels(0, 0.7f);
  const MemoryDataset data(random_tensor({6, 3, 8, 8}, 5));
  const Tensor input = random_tensor({3, 3, 8, 8}, 6);
  const auto before = run_float(graph, input);
  PassRun run(&data);
  const PassReport report = run(kFoldConstantChannels, graph);
  EXPECT_EQ(report.changed, 2);
  EXPECT_EQ(run.context.warnings.size(), 1u);
  EXPECT_LT(relative_error(run_float(graph, input), before), 1e-5);
  EXPECT_LT(largest_weight(graph, 1), 5);
}

TEST(FoldConstantChannels, KeepsConstantsOtherThanZeroBehindPadding) {
  Graph graph = with_constant_channels(1, 0.7f), zeros = with_constant_channels(1, -0.7f);  // relu6 makes the second 0
  const MemoryDataset data(random_tensor({6, 3, 8, 8}, 5));
  PassRun run(&data), other(&data);
  EXPECT_EQ(run(kFoldConstantChannels, graph).changed, 0);
  const Tensor input = random_tensor({3, 3, 8, 8}, 6);
  const auto before = run_float(zeros, input);
  EXPECT_EQ(other(kFoldConstantChannels, zeros).changed, 2);
  EXPECT_LT(relative_error(run_float(zeros, input), before), 1e-5);
}

TEST(FoldConstantChannels, KeepsAChannelThatTheSamplesHappenNotToWake) {
  Graph graph = with_constant_channels(0, 0.7f);
  const Layer first = layers_of(graph)[0];
  Tensor bias = *graph.constant(first.bias);
  bias.mutable_values<float>()[3] -= 3;  // always 0 behind the activation on these samples
  graph.set_constant(first.bias, bias);
  const MemoryDataset data(random_tensor({6, 3, 8, 8}, 5));
  Tensor brighter = random_tensor({3, 3, 8, 8}, 6);
  for (float& x : brighter.mutable_values<float>()) x *= 4;
  const auto before = run_float(graph, brighter);
  PassRun run(&data);
  ASSERT_LT(calibrate(graph, {{}, {first.output}}, data, {}).channels.at(first.output).max[3], 0);
  EXPECT_EQ(run(kFoldConstantChannels, graph).changed, 2);
  EXPECT_LT(relative_error(run_float(graph, brighter), before), 1e-5);
}
