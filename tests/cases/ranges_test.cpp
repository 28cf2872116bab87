// Cases from the field: Ranges. G4 is in tests/ranges/estimators_test.cpp, the memory of G5 in tests/cli/quantize_test.cpp.
#include <gmock/gmock.h>

#include <limits>

#include "base/text.h"
#include "cases/case_run.h"

namespace halftone::test {
namespace {

std::string notes_of(const QuantizeReport& report) {
  std::string all;
  for (const PassRecord& pass : report.passes) all += join(pass.notes, "\n") + "\n";
  return all;
}

void expect_valid_grids(const CaseRun& run) {
  for (ValueId id : run.quantized.values()) {
    const Encoding* grid = run.quantized.encoding(id);
    if (grid == nullptr) continue;
    for (float scale : grid->scale) EXPECT_TRUE(scale > 0 && std::isfinite(scale)) << run.quantized.value(id).name;
    for (std::int32_t zero : grid->zero_point) EXPECT_TRUE(zero >= grid->code_min() && zero <= grid->code_max()) << run.quantized.value(id).name;
  }
}

TEST(Ranges, G1_ValuesBesideZeroAreWidenedToIt) {
  for (float sign : {1.0f, -1.0f}) {
    Tensor x = random_tensor({8, 2, 4, 4}, 5);
    for (float& v : x.mutable_values<float>()) v = sign * std::clamp(1.5f + 0.3f * v, 1.0f, 2.0f);
    x.mutable_values<float>()[0] = sign * 2;
    x.mutable_values<float>()[1] = sign * 1;
    NetBuilder b;
    const ValueId input = b.input({1, 2, 4, 4}), pooled = b.max_pool(input, 1);
    b.graph.add_output(pooled);
    const CaseRun run = run_case(sign > 0 ? "G1_positive" : "G1_negative", b.finish(b.conv(input, 2, 2, 1)), MemoryDataset(x), {.activation_range = RangeMethod::minmax});
    EXPECT_FLOAT_EQ(run.grid("input")->scale[0], 2.0f / 255);
    EXPECT_EQ(run.grid("input")->zero_point[0], sign > 0 ? 0 : 255);
    EXPECT_FLOAT_EQ(run.codes()[0], sign * 2);
    EXPECT_NEAR(run.codes()[1], sign, 1.001 / 255);  // 127.5 steps of reals: a tie, but for the scale's own rounding
  }
}

TEST(Ranges, G2_DeadTensorsAndChannels) {
  const MemoryDataset data(random_tensor({8, 2, 4, 4}, 5));
  for (const auto& [granularity, suffix] : kGranularities) {
    const QuantizeOptions options{.granularity = granularity};
    const Tensor zeros(DataType::float32, {3, 2, 1, 1});
    {
      NetBuilder b;
      const ValueId dead = b.relu(b.node("Conv", {b.input({1, 2, 4, 4}), b.constant(random_tensor({3, 2, 1, 1}, 3, 0.01)), b.constant(Tensor::from<float>({3}, {-9, -9, -9}))}));
      const std::string name = b.graph.value(dead).name;
      const CaseRun run = run_case(std::string("G2_relu") + suffix, b.finish(b.node("Conv", {dead, b.constant(random_tensor({2, 3, 1, 1}, 2)), b.constant(Tensor::from<float>({2}, {0.7f, -0.2f}))})), data, options);
      expect_valid_grids(run);
      EXPECT_LE(largest_difference(run.codes(), run.floats()), run.step());
      EXPECT_THAT(notes_of(run.report), testing::HasSubstr("'" + name + "' is 0 on all samples"));
    }
    {
      NetBuilder b;
      const ValueId y = b.node("Conv", {b.input({1, 2, 4, 4}), b.constant(zeros), b.constant(Tensor::from<float>({3}, {0.7f, 0.7f, 0.7f}))});
      const std::string name = b.graph.producer(y)->name;
      const CaseRun run = run_case(std::string("G2_zero") + suffix, b.finish(y), data, options);
      expect_valid_grids(run);
      for (float v : run.codes()) EXPECT_NEAR(v, 0.7, run.step());
      EXPECT_THAT(notes_of(run.report), testing::AllOf(testing::HasSubstr("'" + name + "': 3 of 3 channels without weights"), testing::HasSubstr("'logits' is 0.7 on all samples")));
    }
    {
      NetBuilder b;
      Tensor w = random_tensor({4, 2, 1, 1}, 3);
      w.mutable_values<float>()[2] = w.mutable_values<float>()[3] = 0;
      const ValueId y = b.node("Conv", {b.input({1, 2, 4, 4}), b.constant(w), b.constant(Tensor::from<float>({4}, {0.1f, 0.7f, -0.2f, 0}))});
      const std::string name = b.graph.producer(y)->name;
      const CaseRun run = run_case(std::string("G2_channel") + suffix, b.finish(y), data, options);
      expect_valid_grids(run);
      for (std::size_t i = 16; i < 32; ++i) EXPECT_NEAR(run.codes()[i], 0.7, run.step());
      EXPECT_THAT(notes_of(run.report), testing::HasSubstr("'" + name + "': 1 of 4 channels without weights"));
    }
  }
}

TEST(Ranges, G3_WhatIsNoNumberStopsBeforeAnyScale) {
  const auto message = [](const Graph& graph, const Tensor& samples) { return message_of([&] { Graph copy = graph; quantize(copy, MemoryDataset(samples), {}, {}); }); };
  EXPECT_THAT(message(residual_network(), Tensor(DataType::float32, {16, 3, 8, 8})), testing::AllOf(testing::HasSubstr("'input' is 0"), testing::HasSubstr("16 samples")));
  for (std::size_t bad : {2u, 11u}) {
    Tensor samples = random_tensor({16, 3, 8, 8}, 5);
    samples.mutable_values<float>()[bad * 192 + 7] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_THAT(message(residual_network(), samples), testing::AllOf(testing::HasSubstr(fmt::format("sample {}", bad)), testing::HasSubstr("'input'"), testing::HasSubstr("NaN")));
  }
  for (std::size_t bad : {0u, 11u}) {
    NetBuilder b;
    const ValueId power = b.node("Exp", {b.input({1, 4})}), copy = b.relu(power);
    const std::string name = b.graph.value(power).name;
    Tensor samples = random_tensor({16, 4}, 5);
    samples.mutable_values<float>()[bad * 4 + 1] = 1000;
    EXPECT_THAT(message(b.finish(b.gemm(copy, 4, 3)), samples), testing::AllOf(testing::HasSubstr(fmt::format("sample {}", bad)), testing::HasSubstr("'" + name + "'"), testing::HasSubstr("infinite")));
  }
  Tensor late(DataType::float32, {12, 3, 8, 8});  // zeros at first are no mistake
  late.mutable_values<float>()[11 * 192] = 1;
  Graph graph = residual_network();
  EXPECT_NO_THROW(quantize(graph, MemoryDataset(late), {}, {}));
}

// x [1, L, 8] -> MatMul -> Relu -> MatMul -> logits: each position by itself.
Graph positions() {
  NetBuilder b;
  const ValueId x = b.input({1, 5, 8}, false);
  b.graph.edit(x).dims = {{1, ""}, {-1, "L"}, {8, ""}};
  const ValueId hidden = b.relu(b.node("MatMul", {x, b.constant(random_tensor({8, 6}, 3, 0.4))}));
  return b.finish(b.node("MatMul", {hidden, b.constant(random_tensor({6, 4}, 4, 0.4))}));
}

TEST(Ranges, G5_SamplesOfDifferentLengths) {
  const Tensor all = random_tensor({1, 62, 8}, 5);
  std::vector<std::vector<Tensor>> feeds;
  std::int64_t first = 0;
  for (std::int64_t length : {5, 17, 40}) {
    Tensor part(DataType::float32, {1, length, 8});
    std::memcpy(part.mutable_data(), all.data() + first * 32, part.bytes());
    feeds.push_back({part});
    first += length;
  }
  for (RangeMethod method : {RangeMethod::mse, RangeMethod::minmax, RangeMethod::percentile, RangeMethod::kl, RangeMethod::mean_minmax}) {
    const QuantizeOptions options{.activation_range = method, .bins = method == RangeMethod::kl ? 2048 : 8192};
    const std::string name = fmt::format("G5_{}", static_cast<int>(method));
    const CaseRun apart = run_case(name + "_apart", positions(), MemoryFeeds(feeds), options), joined = run_case(name + "_joined", positions(), MemoryFeeds({{all}}), options);
    int compared = 0;
    for (ValueId id : apart.quantized.values()) {
      const Encoding *a = apart.quantized.encoding(id), *b = joined.grid(apart.quantized.value(id).name);
      if (a == nullptr || apart.quantized.value(id).is_constant()) continue;
      ASSERT_NE(b, nullptr);
      ++compared;
      if (method == RangeMethod::mean_minmax || method == RangeMethod::mse) continue;  // what a sample is matters: how far each one reaches
      const float width = b->real_max() - b->real_min(), bin = 2 * width / static_cast<float>(options.bins / 2);
      EXPECT_NEAR(a->real_min(), b->real_min(), bin + b->scale[0] / 2) << name;
      EXPECT_NEAR(a->scale[0] * 255, b->scale[0] * 255, 2 * bin) << name;
    }
    EXPECT_EQ(compared, 3);  // the graph output has one, too
    EXPECT_GT(apart.step(), 0);
    EXPECT_GT(*apart.report.figures->outputs[0].sqnr_db, method == RangeMethod::mean_minmax || method == RangeMethod::kl ? 10 : 25) << name;
  }
}

TEST(Ranges, G5_AReshapeThatHoldsOneSampleIsFedOneByOne) {
  NetBuilder b;
  const ValueId reshaped = b.node("Reshape", {b.input({1, 960}), b.constant(Tensor::from<std::int64_t>({4}, {1, 2, 48, 10}))});
  const Graph graph = b.finish(b.relu(b.conv(reshaped, 2, 4, 3)));
  const CaseRun run = run_case("G5_reshape", graph, MemoryDataset(random_tensor({8, 960}, 5)), {.activation_range = RangeMethod::minmax});
  const Tensor all = random_tensor({8, 960}, 5);
  const auto [low, high] = std::minmax_element(all.values<float>().begin(), all.values<float>().end());
  EXPECT_FLOAT_EQ(run.grid("input")->scale[0], (*high - *low) / 255);
  EXPECT_EQ(run.report.figures->samples, 8);
  EXPECT_GT(run.step(), 0);
}

TEST(Ranges, G6_SoftmaxReachesFromZeroToOne) {
  struct Kind {
    const char* name;
    QuantizeOptions options;
    float scale;
  };
  const Kind kinds[] = {{"uint8", {}, 1.0f / 255},
                        {"int8", {.signed_activations = true}, 1.0f / 255},
                        {"int8_symmetric", {.signed_activations = true, .symmetric_activations = true}, 1.0f / 127},
                        {"uint16", {.activation_bits = 16}, 1.0f / 65535}};
  const MemoryDataset data(random_tensor({16, 8}, 5));  // scores near 0: no probability comes near 1
  for (const Kind& kind : kinds) {
    for (RangeMethod method : {RangeMethod::mse, RangeMethod::minmax, RangeMethod::percentile}) {
      for (bool multiplied : {false, true}) {
        NetBuilder b;
        const ValueId scores = b.node("MatMul", {b.input({1, 8}), b.constant(random_tensor({8, 6}, 3, 0.05))});
        const ValueId softmax = b.node("Softmax", {scores}, {{"axis", std::int64_t{-1}}});
        const std::string name = multiplied ? b.graph.value(softmax).name : "logits";
        QuantizeOptions options = kind.options;
        options.activation_range = method;
        if (!multiplied) options.target = "generic";
        const Graph graph = b.finish(multiplied ? b.node("MatMul", {softmax, b.constant(random_tensor({6, 4}, 4))}) : softmax);
        const CaseRun run = run_case(fmt::format("G6_{}_{}{}", kind.name, static_cast<int>(method), multiplied ? "_matmul" : ""), graph, data, options);
        ASSERT_NE(run.grid(name), nullptr);
        EXPECT_FLOAT_EQ(run.grid(name)->scale[0], kind.scale) << kind.name;
        EXPECT_FLOAT_EQ(run.grid(name)->real_max(), 1) << kind.name;
      }
    }
  }
}

}  // namespace
}  // namespace halftone::test
