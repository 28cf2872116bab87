#include "pipeline/quantize.h"

#include <filesystem>

#include "base/file.h"
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

TEST(Quantize, RoundsOnMomentsWhenAskedOrNamed) {
  const auto passes_of = [](const QuantizeOptions& options) {
    Graph graph = residual_network();
    std::string names;
    for (const PassRecord& pass : quantize(graph, samples(), options, {}).passes) names += pass.name + " ";
    return names;
  };
  EXPECT_THAT(passes_of({}), testing::Not(testing::HasSubstr("round_fast")));
  EXPECT_THAT(passes_of({.rounding = Rounding::fast}), testing::HasSubstr("round_fast"));
  EXPECT_THAT(passes_of({.passes = {"place_quantizers", "weight_ranges", "activation_ranges", "round_fast"}}), testing::HasSubstr("round_fast"));
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
  EXPECT_TRUE(check_float_network(graph, samples(), {}).empty());
  const auto warnings = check_float_network(graph, MemoryDataset(wide), {});
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_THAT(warnings[0], testing::HasSubstr("check --mean, --std"));
}

TEST(ChoosePasses, TakesHyphensAndOffersNearNames) {
  EXPECT_EQ(choose_passes({}, {"fold-constants"}).size(), all_passes().size() - 1);
  EXPECT_EQ(choose_passes({"weight-ranges", "place_quantizers"}, {}).size(), 2u);
  EXPECT_EQ(std::string(choose_passes({"weight-ranges", "place_quantizers"}, {})[0]->name), "place_quantizers");  // the table's order
  EXPECT_THAT(message_of<UsageError>([] { choose_passes({"fold_constant"}, {}); }), testing::HasSubstr("did you mean 'fold_constants'"));
}
