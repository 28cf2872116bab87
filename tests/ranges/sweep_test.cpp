// Patches against convolutions, the sweep against a naive walk.
#include "ranges/sweep.h"

#include <cmath>
#include <map>
#include <set>

#include "ranges/patches.h"
#include "support/pass_runner.h"

using namespace halftone;
using namespace halftone::test;

namespace {

Graph quantized_network(const SampleSource& data) {
  Graph graph = residual_network(2, false);
  PassRun run(&data);
  for (const Pass* pass : {&kPlaceQuantizers, &kWeightRanges, &kActivationRanges}) run(*pass, graph);
  return graph;
}

// Keeps the rows that it sees (x^ and t), and changes each layer's weights so that the layers behind see another network.
class Recorder : public SweepVisitor {
 public:
  std::vector<std::vector<float>> quantized, targets;
  std::vector<Layer> layers;

  void begin(const Layer& layer, const LayerRows& shape) override {
    layers.push_back(layer);
    shape_ = shape;
    quantized.emplace_back();
    targets.emplace_back();
  }
  void add(const RowBlock& block) override {
    EXPECT_EQ(block.rows % block.samples, 0);
    quantized.back().insert(quantized.back().end(), block.x, block.x + block.rows * shape_.width());
    targets.back().insert(targets.back().end(), block.t, block.t + block.rows * shape_.target_width());
  }
  void end(Graph& graph, Layer layer) override { change(graph, layer); }

  static void change(Graph& graph, const Layer& layer) {
    Tensor weight = *graph.constant(layer.weight);
    for (float& w : weight.mutable_values<float>()) w *= 0.9f;
    graph.set_constant(layer.weight, std::move(weight));
  }

 private:
  LayerRows shape_;
};

// All rows of the samples in a view.
std::vector<float> inputs_of(const PatchSampler& sampler, const TapView& view, std::int64_t samples, std::int64_t first = 0) {
  std::vector<float> rows(static_cast<std::size_t>(samples * sampler.rows_of_sample(view, samples) * sampler.columns() * sampler.groups()));
  sampler.inputs(view, samples, samples, first, rows.data(), 2);
  return rows;
}

// For each layer: both whole networks from the samples, all layers before it changed. `shortcuts`: what is added to a
// layer's result and known before it.
void walk_naively(Graph graph, const SampleSource& data, const std::vector<Layer>& layers, const std::map<NodeId, ValueId>& shortcuts, Recorder& seen) {
  const Graph real = graph;
  const Batch all = data.read(0, data.size(), {});
  for (const Layer& layer : layers) {
    const PatchSampler sampler(real, layer, 1000, 0);
    seen.begin(layer, {sampler.groups(), sampler.columns(), layer.channels / sampler.groups()});
    std::vector<float> x;
    std::vector<ValueId> taps = {layer.data}, float_taps = {layer.output};
    if (shortcuts.contains(layer.node)) {
      taps.push_back(shortcuts.at(layer.node));
      float_taps.push_back(shortcuts.at(layer.node));
    }
    std::map<ValueId, std::vector<float>> wanted, made;
    Session float_session(real, Arithmetic::float32, 1, float_taps), session(graph, Arithmetic::simulated, 1, taps);
    float_session.run(all.inputs, [&](const TapView& view) { wanted[view.value] = sampler.outputs(view, data.size(), data.size(), 0, 1); });
    session.run(all.inputs, [&](const TapView& view) {
      if (view.value == layer.data) x = inputs_of(sampler, view, data.size());
      else made[view.value] = sampler.outputs(view, data.size(), data.size(), 0, 1);
    });
    std::vector<float> target = wanted.at(layer.output);
    for (const auto& [shortcut, v] : made) {
      for (std::size_t i = 0; i < v.size(); ++i) target[i] = target[i] + wanted.at(shortcut)[i] - v[i];
    }
    seen.add({x.data(), target.data(), std::ssize(target) / layer.channels, data.size()});
    Recorder::change(graph, layer);
  }
}

// The network's only Add: its later layer mends the other input.
std::map<NodeId, ValueId> shortcuts_of(const Graph& graph, const std::vector<Layer>& layers) {
  std::map<NodeId, ValueId> shortcuts;
  for (NodeId id : graph.topological_order()) {
    const Node& add = graph.node(id);
    if (add.type != "Add") continue;
    for (const Layer& layer : layers) {
      for (std::size_t i = 0; i < 2; ++i) {
        if (add.inputs[i] == layer.output) shortcuts[layer.node] = add.inputs[1 - i];
      }
    }
  }
  return shortcuts;
}

}  // namespace

TEST(PatchSampler, RowsTimesWeightsAreTheConvolution) {
  NetBuilder b(5);
  const ValueId x = b.input({1, 4, 9, 7});
  const ValueId y = b.conv(x, 4, 6, 3, {.group = 2, .stride = 2, .pads = {1, 0, 2, 1}, .bias = false});
  const Graph graph = b.finish(y);
  const Layer layer = layers_of(graph)[0];
  const Tensor input = random_tensor({3, 4, 9, 7}, 3);
  const std::vector<float> expected = run_float(graph, input);
  const PatchSampler sampler(graph, layer, 1000, 0);  // all positions
  const std::vector<float> rows = inputs_of(sampler, {layer.data, input.values<float>().data(), input.shape(), false, nullptr}, 3);
  const auto w = graph.constant(layer.weight)->values<float>();
  const std::int64_t columns = sampler.columns(), count = std::ssize(rows) / (2 * columns), places = count / 3;
  ASSERT_EQ(count * 6, std::ssize(expected));
  for (std::int64_t r = 0; r < count; ++r) {
    for (std::int64_t k = 0; k < 6; ++k) {
      double sum = 0;
      for (std::int64_t i = 0; i < columns; ++i) sum += static_cast<double>(w[static_cast<std::size_t>(k * columns + i)]) * rows[static_cast<std::size_t>((r * columns + i) * 2 + k / 3)];
      EXPECT_NEAR(sum, expected[static_cast<std::size_t>((r / places * 6 + k) * places + r % places)], 1e-4);
    }
  }
}

TEST(PatchSampler, ChoosesPositionsOfItsSeedAndSample) {
  NetBuilder b(5);
  const ValueId x = b.input({1, 1, 20, 20});
  const Graph graph = b.finish(b.conv(x, 1, 2, 1));
  const Layer layer = layers_of(graph)[0];
  Tensor places(DataType::float32, {1, 1, 20, 20});
  for (std::size_t i = 0; i < 400; ++i) places.mutable_values<float>()[i] = static_cast<float>(i);
  const auto chosen = [&](std::uint64_t seed, std::int64_t sample) {
    return inputs_of(PatchSampler(graph, layer, 16, seed), {layer.data, places.values<float>().data(), places.shape(), false, nullptr}, 1, sample);
  };
  EXPECT_EQ(chosen(1, 0), chosen(1, 0));
  EXPECT_NE(chosen(1, 0), chosen(2, 0));
  EXPECT_NE(chosen(1, 0), chosen(1, 1));
  const auto places_of = chosen(1, 0);
  EXPECT_EQ(std::set<float>(places_of.begin(), places_of.end()).size(), 16u);
}

TEST(PatchSampler, TakesOutputsAtTheSamePositions) {
  NetBuilder b(5);
  const ValueId x = b.input({1, 2, 11, 11});
  const Graph graph = b.finish(b.conv(x, 2, 2, 1, {.group = 2, .bias = false}));
  const Layer layer = layers_of(graph)[0];
  const Tensor input = random_tensor({2, 2, 11, 11}, 3);
  const std::vector<float> output = run_float(graph, input);
  const PatchSampler sampler(graph, layer, 16, 0);
  const std::vector<float> in = inputs_of(sampler, {layer.data, input.values<float>().data(), input.shape(), false, nullptr}, 2);
  const std::vector<float> out = sampler.outputs({layer.output, output.data(), input.shape(), false, nullptr}, 2, 2, 0, 1);
  ASSERT_EQ(out.size(), 64u);
  ASSERT_EQ(in.size(), 64u);
  const auto w = graph.constant(layer.weight)->values<float>();
  for (std::size_t i = 0; i < 64; ++i) EXPECT_FLOAT_EQ(out[i], w[i % 2] * in[i]);
}

TEST(Sweep, EqualsANaiveWalkToTheBitWhereverItCuts) {
  const MemoryDataset data(random_tensor({6, 3, 8, 8}, 5));
  const Graph graph = quantized_network(data);
  Recorder first;
  std::set<int> segments;
  for (const std::uint64_t bytes : {std::uint64_t{1} << 30, std::uint64_t{30000}, std::uint64_t{10000}, std::uint64_t{0}}) {
    const SweepOptions options{.rows = 1 << 20, .fine_rows = 1 << 20, .least_rows = 1 << 20, .few_samples = 6, .store_bytes = bytes};  // all samples, all positions
    Graph swept = graph;
    Recorder seen;
    const SweepReport report = sweep_layers(swept, data, options, {.threads = 2}, seen);
    segments.insert(report.segments);
    EXPECT_EQ(report.layers, 5);
    if (first.layers.empty()) walk_naively(graph, data, seen.layers, shortcuts_of(graph, seen.layers), first);
    EXPECT_EQ(seen.quantized, first.quantized) << bytes;
    EXPECT_EQ(seen.targets, first.targets) << bytes;
  }
  EXPECT_GE(segments.size(), 2u);
}

TEST(SweepPlan, TakesNoShortcutOfAnotherShape) {
  for (const bool same : {true, false}) {
    NetBuilder b(5);
    const ValueId x = b.input({1, 2, 4, 1});
    const ValueId other = same ? b.relu(x) : b.node("Transpose", {x}, {{"perm", std::vector<std::int64_t>{0, 1, 3, 2}}});
    const ValueId y = b.conv(x, 2, 2, 1);
    Graph graph = b.finish(b.add(other, y));  // [2, 1, 4] has as many elements, and is broadcast
    const auto grid = std::make_shared<const Encoding>(Encoding{.is_signed = true, .scale = {1}, .zero_point = {0}});
    for (ValueId id : {x, layers_of(graph)[0].weight}) graph.edit(id).encoding = grid;
    const BatchShapes shapes{{{x, {3, 2, 4, 1}}, {y, {3, 2, 4, 1}}, {other, same ? Shape{3, 2, 4, 1} : Shape{3, 2, 1, 4}}}, 3};
    const auto segments = plan_sweep(graph, shapes, 3, {});
    ASSERT_EQ(segments.size(), 1u);
    EXPECT_EQ(segments[0].steps.at(0).shortcut, same ? other : ValueId::none);
  }
}
