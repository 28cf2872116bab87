#include <algorithm>

#include "operators/layer.h"
#include "support/pass_runner.h"

using namespace halftone;
using namespace halftone::test;

namespace {

// conv (channel 1 a thousandth of the others) -> relu or clip at 6 -> depthwise -> conv, with grids placed.
struct Chain {
  Graph graph;
  MemoryDataset data{random_tensor({8, 3, 8, 8}, 5)};
  PassRun run;

  explicit Chain(bool capped, bool depthwise = true, QuantizeOptions options = {}) : graph(network(capped, depthwise)), run(&data, std::move(options)) {
    run(kPlaceQuantizers, graph);
  }

  static Graph network(bool capped, bool depthwise) {
    NetBuilder b(3);
    const ValueId x = b.input({1, 3, 8, 8});
    const ValueId y = b.conv(x, 3, 4, 3, {.pads = {1, 1, 1, 1}});
    const ValueId z = b.conv(capped ? b.clip(y, 0, 6) : b.relu(y), 4, depthwise ? 8 : 6, 3, {.group = depthwise ? 4 : 1, .pads = {1, 1, 1, 1}});
    Graph graph = b.finish(b.conv(b.relu(z), depthwise ? 8 : 6, 2, 1));
    const Layer first = layers_of(graph)[0];
    Tensor weight = *graph.constant(first.weight), bias = *graph.constant(first.bias);
    for (std::size_t i = 27; i < 54; ++i) weight.mutable_values<float>()[i] *= 1e-3f;
    bias.mutable_values<float>()[1] *= 1e-3f;
    graph.set_constant(first.weight, std::move(weight));
    graph.set_constant(first.bias, std::move(bias));
    return graph;
  }

  float largest_of_channel(std::int64_t channel) const {
    std::vector<float> channels;
    const ValueId value = output_of(graph, "Conv", 0);
    Session session(graph, Arithmetic::float32, 1, {value});
    float most = 0;
    session.run(data.read(0, data.size(), {}).inputs, [&](const TapView& view) {
      ChannelRange range;
      range.merge(view, 1);
      most = range.max[static_cast<std::size_t>(channel)];
    });
    return most;
  }
};

}  // namespace

TEST(EqualizeActivations, FillsTheGridAndKeepsTheOutputs) {
  for (bool capped : {false, true}) {
    Chain chain(capped);
    const Tensor input = chain.data.read(0, 8, {}).inputs[0];
    const auto before = run_float(chain.graph, input);
    const float small = chain.largest_of_channel(1);
    const PassReport report = chain.run(kEqualizeActivations, chain.graph);
    EXPECT_GE(report.changed, 1);
    EXPECT_TRUE(chain.run.context.float_network_changed);
    EXPECT_LT(relative_error(run_float(chain.graph, input), before), 1e-5);
    const float most = std::max(chain.largest_of_channel(0), chain.largest_of_channel(2)), grown = chain.largest_of_channel(1);
    EXPECT_GT(grown, 100 * small);
    EXPECT_LT(grown, most);
  }
}

TEST(EqualizeActivations, LeavesWhatDenseLayersRead) {
  Chain chain(false, false);
  EXPECT_EQ(chain.run(kEqualizeActivations, chain.graph).changed, 0);
  EXPECT_FALSE(chain.run.context.float_network_changed);
}

TEST(EqualizeActivations, IsForWeightsPerChannel) {
  EXPECT_TRUE(kEqualizeActivations.wanted({}));
  EXPECT_FALSE(kEqualizeActivations.wanted({.granularity = Granularity::tensor}));
}
