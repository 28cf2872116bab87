#include "pipeline/quantize.h"

#include <filesystem>
#include <set>

#include "base/file.h"
#include "base/text.h"
#include "engine/session.h"
#include "formats/onnx/onnx.h"
#include "pipeline/float_gate.h"
#include "support/memory_dataset.h"
#include "support/net_builder.h"
#include "support/temporary_folder.h"

using namespace halftone;
using namespace halftone::test;

namespace {

const MemoryDataset& samples() {
  static const MemoryDataset data(random_tensor({24, 3, 8, 8}, 5));
  return data;
}

std::string bytes_of(const std::filesystem::path& path) {
  const MappedFile file(path);
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

}  // namespace

TEST(QuantizeFile, GivesTheSameBytesTwiceAndWithTwoThreads) {  // case O4
  const TemporaryFolder folder;
  const Graph graph = residual_network();
  write_onnx(graph, folder / "net.onnx");
  std::string first;
  for (int threads : {1, 2, 1}) {
    const QuantizeReport report = quantize_file({folder / "net.onnx", folder / "q.onnx"}, graph, samples(), {}, {.threads = threads});
    EXPECT_EQ(report.quantized_layers, 5);
    EXPECT_GT(*report.figures->outputs.at(0).sqnr_db, 20);
    if (first.empty()) first = bytes_of(folder / "q.onnx");
    EXPECT_EQ(bytes_of(folder / "q.onnx"), first) << threads;
  }
  EXPECT_EQ(dump(graph), dump(residual_network()));  // the input is untouched
}

TEST(Quantize, RoundsOnMomentsUnlessToNearestWithBiasesCorrected) {
  const auto passes_of = [](const QuantizeOptions& options) {
    Graph graph = residual_network();
    std::string names;
    for (const PassRecord& pass : quantize(graph, samples(), options, {}).passes) names += pass.name + " ";
    return names;
  };
  EXPECT_THAT(passes_of({}), testing::EndsWith("activation_ranges exact_sums round_fast "));
  EXPECT_THAT(passes_of({.rounding = Rounding::nearest}), testing::EndsWith("activation_ranges exact_sums correct_bias "));
  EXPECT_THAT(passes_of({.passes = {"place_quantizers", "weight_ranges", "activation_ranges", "round_fast"}}), testing::HasSubstr("round_fast"));
}

TEST(QuantizeFile, ComparesWithWhatTheFloatNetworkGives) {  // its outputs are kept from the calibration run
  const TemporaryFolder folder;
  for (const std::int64_t batch : {1, 24}) {
    Graph graph = residual_network();
    write_onnx(graph, folder / "net.onnx");
    Job job;
    if (batch == 1) job.value_bytes = 1;  // batches of one sample, but of the quantized network's own size in the comparison
    const QuantizeReport report = quantize_file({folder / "net.onnx", folder / "q.onnx"}, graph, samples(), {}, job);
    ASSERT_NE(report.float_outputs, nullptr);
    Graph quantized = read_onnx(folder / "q.onnx");
    absorb_qdq(quantized);
    const Graph reference = prepared_for_running(graph);
    const Figures figures = evaluate(quantized, &reference, samples(), nullptr, {}, {});
    EXPECT_EQ(report.figures->outputs.at(0).kl, figures.outputs.at(0).kl);
    EXPECT_EQ(report.figures->outputs.at(0).sqnr_db, figures.outputs.at(0).sqnr_db);
  }
}

TEST(Quantize, KeepsNoOutputsThatTakeTooMuch) {
  Graph graph = residual_network();
  Job job;
  job.store_bytes = 64;
  EXPECT_EQ(quantize(graph, samples(), {}, job).float_outputs, nullptr);
}

TEST(QuantizeFile, LeavesNothingWhenNothingIsQuantized) {  // case T5
  const TemporaryFolder folder;
  const Graph graph = residual_network();
  write_onnx(graph, folder / "net.onnx");
  QuantizeOptions options;
  options.exclude = {"*"};
  EXPECT_THAT(message_of([&] { quantize_file({folder / "net.onnx", folder / "q.onnx"}, graph, samples(), options, {}); }), testing::HasSubstr("0 of 5 layers"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(Quantize, RaisesTheOpsetToWhatTheCodesNeedAndSaysIt) {  // case I2
  const auto raised = [](int opset, const QuantizeOptions& options) {
    Graph graph = residual_network();
    graph.file.opsets[""] = opset;
    for (NodeId id : graph.nodes()) graph.edit(id).version = opset;
    const QuantizeReport report = quantize(graph, samples(), options, {});
    return fmt::format("{} {}", graph.file.opsets.at(""), join(report.warnings, ","));
  };
  EXPECT_EQ(raised(13, {}), "13 ");
  EXPECT_THAT(raised(11, {}), testing::HasSubstr("13 the file's opset is 13 in place of 11"));
  EXPECT_THAT(raised(11, {.granularity = Granularity::tensor}), testing::StartsWith("11 "));
  EXPECT_THAT(raised(17, {.activation_bits = 16}), testing::HasSubstr("21 the file's opset is 21 in place of 17"));
  EXPECT_THAT(raised(17, {.weight_bits = 4}), testing::HasSubstr("21 the file's opset is 21 in place of 17"));
  EXPECT_EQ(raised(17, {.weight_bits = 6, .activation_bits = 6}), "17 ");
  EXPECT_EQ(raised(22, {.weight_bits = 4}), "22 ");
}

namespace {

// Ten convolutions in a row.
Graph deep_network() {
  NetBuilder b(11);
  ValueId x = b.input({1, 3, 8, 8});
  for (int i = 0; i < 10; ++i) x = b.relu(b.conv(x, i == 0 ? 3 : 8, 8, 3, {.pads = {1, 1, 1, 1}}));
  return b.finish(b.gemm(b.flatten(b.global_average_pool(x)), 8, 10));
}

}  // namespace

TEST(QuantizeFile, MoreBitsRaiseTheSqnrOfEveryValue) {  // case T5
  const TemporaryFolder folder;
  const Graph graph = deep_network();
  write_onnx(graph, folder / "net.onnx");
  std::map<std::string, double> before;
  double before_output = 0;
  for (const auto& [weights, activations] : {std::pair{4, 8}, {8, 8}, {8, 16}, {16, 16}}) {
    SCOPED_TRACE(fmt::format("w{}a{}", weights, activations));
    // What bias correction mends of so few samples would hide the weights' bits.
    const QuantizeOptions options{.weight_bits = weights, .activation_bits = activations, .rounding = Rounding::nearest, .disabled_passes = {"correct_bias"}};
    const QuantizeReport report = quantize_file({folder / "net.onnx", folder / "q.onnx"}, graph, samples(), options, {});
    EXPECT_EQ(report.quantized_layers, 11);
    // Where the weights stay, their noise stays, and may have been lessened by that of the activations before.
    const bool same_weights = weights == 8 && activations == 16;
    EXPECT_GT(*report.figures->outputs.at(0).sqnr_db, before_output + (same_weights ? -2 : 1));
    before_output = *report.figures->outputs.at(0).sqnr_db;
    int results = 0;
    for (const ValueRecord& value : report.values) {
      ASSERT_TRUE(value.sqnr_db) << value.name;
      if (value.is_weight || value.name == "input") continue;
      if (before.contains(value.name)) {
        EXPECT_GT(*value.sqnr_db, before[value.name] - (same_weights ? 2 : 0)) << value.name;
      }
      before[value.name] = *value.sqnr_db;
      ++results;
    }
    EXPECT_EQ(results, 13);
  }
  EXPECT_GT(before_output, 60);
}

TEST(QuantizeFile, MixedBitsAreReadBackAsTheyWereWritten) {
  const TemporaryFolder folder;
  const Graph graph = residual_network();
  write_onnx(graph, folder / "net.onnx");
  const QuantizeOptions options{.first_last = {8, 16}, .named_bits = {{"conv[0-9]*", {3, 6}}}};
  const QuantizeReport report = quantize_file({folder / "net.onnx", folder / "q.onnx"}, graph, samples(), options, {});
  Graph quantized = graph;
  quantize(quantized, samples(), options, {});
  Graph again = read_onnx(folder / "q.onnx");
  absorb_qdq(again);
  const auto results = [](const Graph& network) {
    Session session(network, Arithmetic::simulated, 1);
    const auto outputs = session.run(std::vector<Tensor>{random_tensor({2, 3, 8, 8}, 9)});
    const auto values = outputs.at(0).values<float>();
    return std::vector<float>(values.begin(), values.end());
  };
  EXPECT_EQ(results(again), results(quantized));
  std::set<int> bits;
  for (const ValueRecord& value : report.values) bits.insert(value.bits);
  EXPECT_EQ(bits, (std::set<int>{3, 6, 8, 16}));
}

TEST(FloatGate, WarnsWhenTheDataAreScaledUnlikeTheTraining) {
  Graph graph = residual_network();
  // BatchNormalization that expects what standard normal inputs give: mean 0 and the right variance.
  for (NodeId id : graph.topological_order()) {
    const Node& node = graph.node(id);
    if (node.type != "BatchNormalization") continue;
    graph.set_constant(node.input(3), Tensor(DataType::float32, graph.constant(node.input(3))->shape()));
    Tensor ones = *graph.constant(node.input(4));
    for (float& v : ones.mutable_values<float>()) v = 1;
    graph.set_constant(node.input(4), ones);
    break;
  }
  Tensor wide = random_tensor({8, 3, 8, 8}, 5, 60);
  EXPECT_TRUE(check_float_network(graph, samples(), {}).warnings.empty());
  const auto warnings = check_float_network(graph, MemoryDataset(wide), {}).warnings;
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_THAT(warnings[0], testing::HasSubstr("check --mean, --std"));
}

TEST(ChoosePasses, TakesHyphensAndOffersNearNames) {
  EXPECT_EQ(choose_passes({}, {"fold-constants"}).size(), all_passes().size() - 1);
  EXPECT_EQ(choose_passes({"weight-ranges", "place_quantizers"}, {}).size(), 2u);
  EXPECT_EQ(std::string(choose_passes({"weight-ranges", "place_quantizers"}, {})[0]->name), "place_quantizers");  // the table's order
  EXPECT_THAT(message_of<UsageError>([] { choose_passes({"fold_constant"}, {}); }), testing::HasSubstr("did you mean 'fold_constants'"));
}
