// Patches against convolutions, the sweep against a naive walk.
#include "ranges/sweep.h"

#include <cmath>
#include <set>

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

// Keeps the rows that it sees, and changes each layer's weights so that the layers behind see another network.
class Recorder : public SweepVisitor {
 public:
  std::vector<Rows> real, quantized;
  std::vector<Layer> layers;

  void begin(const Layer& layer, std::int64_t groups, std::int64_t) override {
    layers.push_back(layer);
    real.emplace_back(groups);
    quantized.emplace_back(groups);
  }
  void add(const Rows& x, const Rows& q, std::int64_t) override {
    for (std::size_t g = 0; g < x.size(); ++g) {
      real.back()[g].insert(real.back()[g].end(), x[g].begin(), x[g].end());
      quantized.back()[g].insert(quantized.back()[g].end(), q[g].begin(), q[g].end());
    }
  }
  void end(Graph& graph, Layer layer) override { change(graph, layer); }

  static void change(Graph& graph, const Layer& layer) {
    Tensor weight = *graph.constant(layer.weight);
    for (float& w : weight.mutable_values<float>()) w *= 0.9f;
    graph.set_constant(layer.weight, std::move(weight));
  }
};

// For each layer: both whole networks from the samples, all layers before it changed.
void walk_naively(Graph graph, const SampleSource& data, const SweepOptions& options, const std::vector<Layer>& layers, Recorder& seen) {
  const Graph real = graph;
  const Batch all = data.read(0, data.size(), {});
  for (const Layer& layer : layers) {
    const PatchSampler sampler(real, layer, options.positions, options.seed);
    seen.begin(layer, sampler.groups(), sampler.columns());
    Rows x, q;
    Session float_session(real, Arithmetic::float32, 1, {layer.data}), session(graph, Arithmetic::simulated, 1, {layer.data});
    float_session.run(all.inputs, [&](const TapView& view) { sampler.add(view, data.size(), data.size(), 0, x, 1); });
    session.run(all.inputs, [&](const TapView& view) { sampler.add(view, data.size(), data.size(), 0, q, 1); });
    seen.add(x, q, 0);
    Recorder::change(graph, layer);
  }
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
  Rows rows;
  const std::int64_t count = sampler.add({layer.data, input.values<float>().data(), input.shape(), false, nullptr}, 3, 3, 0, rows, 2);
  ASSERT_EQ(rows.size(), 2u);
  ASSERT_EQ(count * 6, std::ssize(expected));
  const auto w = graph.constant(layer.weight)->values<float>();
  const std::int64_t columns = sampler.columns(), places = count / 3;
  for (std::int64_t r = 0; r < count; ++r) {
    for (std::int64_t k = 0; k < 6; ++k) {
      double sum = 0;
      for (std::int64_t i = 0; i < columns; ++i) sum += static_cast<double>(w[static_cast<std::size_t>(k * columns + i)]) * rows[static_cast<std::size_t>(k / 3)][static_cast<std::size_t>(r * columns + i)];
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
    Rows rows;
    PatchSampler(graph, layer, 16, seed).add({layer.data, places.values<float>().data(), places.shape(), false, nullptr}, 1, 1, sample, rows, 1);
    return rows[0];
  };
  EXPECT_EQ(chosen(1, 0), chosen(1, 0));
  EXPECT_NE(chosen(1, 0), chosen(2, 0));
  EXPECT_NE(chosen(1, 0), chosen(1, 1));
  const auto places_of = chosen(1, 0);
  EXPECT_EQ(std::set<float>(places_of.begin(), places_of.end()).size(), 16u);
}

TEST(Sweep, EqualsANaiveWalkToTheBitWhereverItCuts) {
  const MemoryDataset data(random_tensor({6, 3, 8, 8}, 5));
  const Graph graph = quantized_network(data);
  SweepOptions options;
  options.positions = 1000;  // all: kept and recomputed layers then sample the same
  Recorder first;
  for (const std::uint64_t bytes : {std::uint64_t{1} << 30, std::uint64_t{30000}, std::uint64_t{0}}) {
    options.store_bytes = bytes;
    Graph swept = graph;
    Recorder seen;
    const SweepReport report = sweep_layers(swept, data, options, {.threads = 2}, seen);
    EXPECT_EQ(report.layers, 5);
    EXPECT_EQ(report.segments, bytes == 0 ? 1 : bytes > 30000 ? 5 : report.segments);  // nothing can be kept, everything
    if (first.layers.empty()) walk_naively(graph, data, options, seen.layers, first);
    EXPECT_EQ(seen.real, first.real) << bytes;
    EXPECT_EQ(seen.quantized, first.quantized) << bytes;
  }
}
