// place_quantizers: cases Placement P1, P3, P4 and the rules of METHODS 2.4.
#include <algorithm>
#include <set>

#include "operators/layer.h"
#include "support/pass_runner.h"

using namespace halftone;
using namespace halftone::test;

namespace {

Graph placed(Graph graph, const std::vector<std::string>& exclude = {}, PassContext* context = nullptr) {
  QuantizeOptions options;
  options.exclude = exclude;
  PassRun run(nullptr, options);
  run(kPlaceQuantizers, graph);
  if (context != nullptr) {
    context->float_layers = run.context.float_layers;
    context->placement = run.context.placement;
  }
  return graph;
}

}  // namespace

TEST(PlaceQuantizers, FusesTheClampAndPutsTheGridBehindIt) {
  NetBuilder b;
  const ValueId x = b.input({1, 3, 6, 6});
  const Graph graph = placed(b.finish(b.relu(b.conv(x, 3, 4, 3))));
  EXPECT_NE(graph.encoding(x), nullptr);
  EXPECT_EQ(graph.encoding(output_of(graph, "Conv")), nullptr);
  EXPECT_NE(graph.encoding(output_of(graph, "Relu")), nullptr);
  const Layer layer = layers_of(graph)[0];
  EXPECT_EQ(graph.encoding(layer.weight)->axis, 0);
  EXPECT_EQ(graph.encoding(layer.bias), nullptr);
}

TEST(PlaceQuantizers, GivesOneEncodingObjectToAllThatOnlyMovesValues) {  // case P3
  NetBuilder b;
  const ValueId x = b.input({1, 3, 8, 8});
  const ValueId pooled = b.max_pool(b.relu(b.conv(x, 3, 4, 1)));
  const ValueId reshaped = b.node("Reshape", {pooled, b.constant(Tensor::from<std::int64_t>({4}, {0, 4, 16, 1}))});
  const ValueId moved = b.node("Transpose", {reshaped}, {{"perm", std::vector<std::int64_t>{0, 1, 3, 2}}});
  const ValueId padded = b.node("Pad", {moved, b.constant(Tensor::from<std::int64_t>({8}, {0, 0, 1, 1, 0, 0, 1, 1}))});
  const Graph graph = placed(b.finish(b.conv(padded, 4, 4, 1)));
  const Encoding* shared = graph.encoding(output_of(graph, "Relu"));
  ASSERT_NE(shared, nullptr);
  for (ValueId id : {pooled, reshaped, moved, padded}) EXPECT_EQ(graph.encoding(id), shared) << graph.value(id).name;
}

TEST(PlaceQuantizers, SharesOneGridThroughSplitAndNearestResizeAlone) {  // case P3
  NetBuilder b;
  const ValueId x = b.relu(b.conv(b.input({1, 3, 8, 8}), 3, 4, 1));
  const ValueId half = b.node("Split", {x, b.constant(Tensor::from<std::int64_t>({2}, {1, 3}))}, {{"axis", std::int64_t{1}}});
  const ValueId rest = b.graph.add_value("rest");
  const NodeId split = b.graph.value(half).producer;
  b.graph.edit(split).outputs.push_back(rest);
  b.graph.edit(rest).producer = split;
  const Tensor scales = Tensor::from<float>({4}, {1, 1, 2, 2});
  const ValueId larger = b.node("Resize", {half, ValueId::none, b.constant(scales)}, {{"mode", std::string("nearest")}});
  const ValueId smooth = b.node("Resize", {rest, ValueId::none, b.constant(scales)}, {{"mode", std::string("linear")}});
  const Graph graph = placed(b.finish(b.conv(b.node("Concat", {larger, smooth}, {{"axis", std::int64_t{1}}}), 4, 4, 1)));
  for (ValueId id : {half, rest, larger}) EXPECT_EQ(graph.encoding(id), graph.encoding(x)) << graph.value(id).name;
  EXPECT_NE(graph.encoding(smooth), graph.encoding(x));
}

TEST(PlaceQuantizers, PutsNoGridBetweenAMatMulAndItsBias) {
  NetBuilder b;
  const ValueId x = b.input({1, 5, 6});
  const ValueId product = b.node("MatMul", {x, b.constant(random_tensor({6, 4}, 3))});
  const ValueId sum = b.node("Add", {b.constant(random_tensor({4}, 4)), product});  // the constant may stand first
  const ValueId result = b.relu(sum);
  Graph graph = b.finish(b.node("MatMul", {result, b.constant(random_tensor({4, 4}, 5))}));
  const std::string add = graph.producer(sum)->name;
  const Graph fused = placed(graph), apart = placed(graph, {add});
  EXPECT_EQ(fused.encoding(product), nullptr);
  EXPECT_EQ(fused.encoding(sum), nullptr);
  EXPECT_NE(fused.encoding(result), nullptr);
  EXPECT_NE(apart.encoding(product), nullptr);
}

TEST(PlaceQuantizers, ReachesTheInputThroughAPad) {
  NetBuilder b;
  const ValueId x = b.input({1, 3, 8, 8});
  const ValueId padded = b.node("Pad", {x, b.constant(Tensor::from<std::int64_t>({8}, {0, 0, 1, 1, 0, 0, 1, 1}))});
  const Graph graph = placed(b.finish(b.conv(padded, 3, 4, 3)));
  EXPECT_NE(graph.encoding(x), nullptr);
  EXPECT_EQ(graph.encoding(x), graph.encoding(padded));
}

TEST(PlaceQuantizers, AveragePoolsAddsAndConcatsHaveGridsOfTheirOwn) {
  NetBuilder b;
  const ValueId x = b.input({1, 4, 8, 8});
  const ValueId a = b.conv(x, 4, 4, 1), c = b.conv(x, 4, 4, 1);
  const ValueId sum = b.add(a, c), joined = b.node("Concat", {sum, a}, {{"axis", std::int64_t{1}}});
  const ValueId pooled = b.global_average_pool(joined);
  const Graph graph = placed(b.finish(b.conv(pooled, 8, 4, 1)));
  std::set<const Encoding*> grids;
  for (ValueId id : {a, c, sum, joined, pooled}) grids.insert(graph.encoding(id));
  EXPECT_EQ(grids.size(), 5u);
  EXPECT_FALSE(grids.contains(nullptr));
}

TEST(PlaceQuantizers, ParametersOfOperatorsGetNoGrid) {
  NetBuilder b;
  const ValueId x = b.input({1, 3, 6, 6});
  Graph graph = b.finish(b.batch_norm(b.node("MaxPool", {x}, {{"kernel_shape", std::vector<std::int64_t>{2, 2}}}), 3));
  PassRun run;
  run.target = load_target("generic");
  run(kPlaceQuantizers, graph);
  const Node& norm = *graph.producer(graph.outputs()[0]);
  EXPECT_NE(graph.encoding(norm.input(0)), nullptr);
  EXPECT_NE(graph.encoding(norm.output()), nullptr);
  for (std::size_t i = 1; i < norm.inputs.size(); ++i) EXPECT_EQ(graph.encoding(norm.input(i)), nullptr) << i;
}

TEST(PlaceQuantizers, LeavesInFloatWhatTheTargetCannotTakeAndWhatIsConstant) {
  NetBuilder b;
  const ValueId x = b.input({1, 3, 7, 7});
  const ValueId pooled = b.node("AveragePool", {b.conv(x, 3, 4, 3)}, {{"kernel_shape", std::vector<std::int64_t>{2, 2}}, {"ceil_mode", std::int64_t{1}}});
  const ValueId sum = b.add(b.constant(random_tensor({3}, 1)), b.constant(random_tensor({3}, 2)));
  Graph graph = b.finish(pooled);
  graph.add_output(sum);
  PassRun run;
  run(kPlaceQuantizers, graph);
  EXPECT_EQ(graph.encoding(pooled), nullptr);
  EXPECT_EQ(graph.encoding(sum), nullptr);
  ASSERT_EQ(run.context.float_layers.size(), 2u);
  std::string reasons;
  for (const FloatLayer& layer : run.context.float_layers) reasons += layer.reason + "\n";
  EXPECT_THAT(reasons, testing::AllOf(testing::HasSubstr("ceil_mode"), testing::HasSubstr("constants alone")));
}

TEST(PlaceQuantizers, EverySubsetOfExcludedNodesGivesAValidGraph) {  // case P4
  NetBuilder b;
  const ValueId x = b.input({1, 3, 8, 8});
  const Graph graph = b.finish(b.conv(b.relu(b.conv(b.conv(x, 3, 4, 1), 4, 4, 3)), 4, 4, 1));
  std::vector<std::string> names;
  for (NodeId id : graph.nodes()) names.push_back(graph.node(id).name);
  for (int subset = 0; subset < 16; ++subset) {
    std::vector<std::string> exclude;
    for (std::size_t i = 0; i < 4; ++i) {
      if ((subset >> i & 1) != 0) exclude.push_back(names[i]);
    }
    PassRun run(nullptr);
    PassContext context{.target = run.target, .options = run.options};
    const Graph result = placed(graph, exclude, &context);
    for (const FloatLayer& layer : context.float_layers) {  // those excluded, and the Relu behind one of them
      const bool listed = std::find(exclude.begin(), exclude.end(), layer.node) != exclude.end();
      EXPECT_TRUE(listed || layer.reason == "its input is computed in float") << subset << ": " << layer.node << ", " << layer.reason;
    }
    EXPECT_GE(context.float_layers.size(), exclude.size()) << subset;
    for (const Layer& layer : layers_of(result)) {
      const bool excluded = std::find(exclude.begin(), exclude.end(), result.node(layer.node).name) != exclude.end();
      EXPECT_EQ(result.encoding(layer.weight) == nullptr, excluded) << subset;
      if (!excluded) {
        EXPECT_NE(result.encoding(layer.data), nullptr) << subset;
      }
    }
  }
}

namespace {

// conv1 -> relu2 -> {conv3, add4}, add4 = relu2 + conv3 -> gemm: names and values of a small residual network.
struct Residual {
  NetBuilder b;
  ValueId x = b.input({1, 4, 6, 6}), stem = b.relu(b.conv(x, 4, 4, 1)), branch = b.conv(stem, 4, 4, 1), sum = b.add(branch, stem);
  ValueId pooled = b.max_pool(sum), vector = b.flatten(b.global_average_pool(pooled)), logits = b.gemm(vector, 4, 3);
  Graph graph = b.finish(logits);
  std::string name(ValueId made) const { return graph.producer(made)->name; }
};

std::string widths(Graph graph, const QuantizeOptions& options, std::vector<std::string>* notes = nullptr, std::vector<std::string>* warnings = nullptr) {
  PassRun run(nullptr, options);
  const PassReport report = run(kPlaceQuantizers, graph);
  if (notes != nullptr) *notes = report.notes;
  if (warnings != nullptr) *warnings = run.context.warnings;
  std::string text;
  for (const Layer& layer : layers_of(graph)) {
    text += fmt::format("w{}a{} ", graph.encoding(layer.weight)->bits, graph.encoding(layer.data)->bits);
  }
  return text + fmt::format("a{}", graph.encoding(graph.outputs()[0])->bits);
}

}  // namespace

TEST(PlaceQuantizers, GivesNamedLayersTheirBits) {
  const Residual net;
  const std::string conv3 = net.name(net.branch), add = net.name(net.sum);
  EXPECT_EQ(widths(net.graph, {.weight_bits = 4, .activation_bits = 6}), "w4a6 w4a6 w4a6 a6");
  EXPECT_EQ(widths(net.graph, {.weight_bits = 4, .first_last = {8, 8}}), "w8a8 w4a8 w8a8 a8");
  EXPECT_EQ(widths(net.graph, {.activation_bits = 4, .first_last = {8, 8}}), "w8a8 w8a4 w8a8 a8");
  EXPECT_EQ(widths(net.graph, {.weight_bits = 4, .first_last = {8, 8}, .named_bits = {{"gemm*", {2, 16}}}}), "w8a8 w4a8 w2a16 a16");
  EXPECT_EQ(widths(net.graph, {.named_bits = {{conv3, {4, 0}}, {"gemm*", {0, 6}}}}), "w8a8 w4a8 w8a6 a6");
  EXPECT_EQ(widths(net.graph, {.named_bits = {{add, {0, 16}}}}), "w8a8 w8a16 w8a8 a8");  // conv3's data are the Add's
}

TEST(PlaceQuantizers, SharedDataTakeTheMostBitsThatAReaderAsksForAndSayIt) {
  const Residual net;
  std::vector<std::string> notes, warnings;
  EXPECT_EQ(widths(net.graph, {.named_bits = {{net.name(net.branch), {4, 4}}}}, &notes, &warnings), "w8a8 w4a8 w8a8 a8");
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_EQ(warnings, notes);
  EXPECT_THAT(notes[0], testing::AllOf(testing::HasSubstr("'" + net.name(net.branch) + "'"), testing::HasSubstr("8 bits in place of 4")));
}

TEST(PlaceQuantizers, SharedWeightsTakeTheMostBitsThatALayerAsksFor) {
  for (bool first_is_wider : {false, true}) {
    NetBuilder b;
    const ValueId x = b.input({1, 4, 6, 6}), w = b.constant(random_tensor({4, 4, 1, 1}, 3));
    const ValueId first = b.node("Conv", {x, w}), second = b.node("Conv", {first, w});
    const std::string named = b.graph.producer(first_is_wider ? first : second)->name;
    std::vector<std::string> notes;
    EXPECT_EQ(widths(b.finish(second), {.weight_bits = 4, .first_last = {4, 0}, .named_bits = {{named, {8, 0}}}}, &notes), "w8a8 w8a8 a8");
    ASSERT_EQ(notes.size(), 1u);
    EXPECT_THAT(notes[0], testing::HasSubstr("its weight takes 8 bits in place of 4"));
  }
}

TEST(PlaceQuantizers, StoresCodesInTheTypesOfTheTarget) {
  Graph graph = Residual().graph;
  PassRun run(nullptr, {.weight_bits = 4, .activation_bits = 4});
  run.target.weight_types = run.target.activation_types = {"int8", "uint8"};
  run(kPlaceQuantizers, graph);
  EXPECT_EQ(storage_type(*graph.encoding(layers_of(graph)[0].weight)), DataType::int8);
  EXPECT_EQ(storage_type(*graph.encoding(graph.inputs()[0])), DataType::uint8);
  EXPECT_TRUE(is_narrower_than_stored(*graph.encoding(graph.inputs()[0])));
}

TEST(PlaceQuantizers, SaysWhyALayerStaysInFloat) {
  NetBuilder b;
  const ValueId x = b.input({1, 4});
  const ValueId scores = b.gemm(x, 4, 4);
  PassRun run;
  PassContext context{.target = run.target, .options = run.options};
  placed(b.finish(b.node("Softmax", {scores})), {"gemm*"}, &context);
  ASSERT_EQ(context.float_layers.size(), 2u);
  EXPECT_THAT(context.float_layers[0].reason, testing::HasSubstr("--exclude"));
  EXPECT_THAT(context.float_layers[1].reason, testing::HasSubstr("computes Softmax in float"));
}

TEST(PlaceQuantizers, TransposedGemmWeightsHaveTheirChannelsOnTheRightAxis) {  // case O1
  for (std::int64_t transposed : {0, 1}) {
    NetBuilder b;
    const ValueId x = b.input({1, 6});
    const Shape shape = transposed != 0 ? Shape{5, 6} : Shape{6, 5};
    const Graph graph = placed(b.finish(b.node("Gemm", {x, b.constant(random_tensor(shape, 3)), b.constant(random_tensor({5}, 4))}, {{"transB", transposed}})));
    EXPECT_EQ(graph.encoding(layers_of(graph)[0].weight)->axis, transposed != 0 ? 0 : 1);
  }
}

TEST(PlaceQuantizers, CutsMatricesOfMoreInputsThanABlock) {
  NetBuilder b;
  const ValueId x = b.conv(b.input({1, 6, 1, 1}), 6, 40, 1);
  const ValueId wide = b.gemm(b.flatten(x), 40, 8);
  Graph graph = b.finish(b.node("MatMul", {b.node("MatMul", {wide, b.constant(random_tensor({8, 40}, 3))}), b.constant(random_tensor({40, 5}, 3))}));
  PassRun run(nullptr, {.weight_bits = 4, .block_size = 16});
  run(kPlaceQuantizers, graph);
  run(kWeightRanges, graph);
  std::vector<std::string> grids;
  for (const Layer& layer : layers_of(graph)) grids.push_back(describe(*graph.encoding(layer.weight)));
  EXPECT_EQ(grids, (std::vector<std::string>{"int4 symmetric per channel (axis 0)", "int4 symmetric in blocks of 16 (axis 1)", "int4 symmetric per channel (axis 1)",
                                             "int4 symmetric in blocks of 16 (axis 0)"}));
  EXPECT_EQ(graph.encoding(layers_of(graph)[1].weight)->scale.size(), 8u * 3);
  EXPECT_EQ(graph.encoding(layers_of(graph)[3].weight)->scale.size(), 3u * 5);
}

TEST(PlaceQuantizers, ASharedWeightIsCopiedForAReaderAlongAnotherAxis) {
  NetBuilder b;
  const ValueId x = b.input({1, 40}), w = b.constant(random_tensor({40, 8}, 3));
  const ValueId narrow = b.node("MatMul", {x, w});
  Graph graph = b.finish(b.node("Gemm", {narrow, w}, {{"transB", std::int64_t{1}}}));  // its 8 inputs are no block, its channels are what is cut
  PassRun run(nullptr, {.block_size = 16});
  run(kPlaceQuantizers, graph);
  run(kWeightRanges, graph);
  EXPECT_TRUE(run.context.float_layers.empty());
  const std::vector<Layer> layers = layers_of(graph);
  EXPECT_NE(layers[0].weight, layers[1].weight);
  EXPECT_EQ(describe(*graph.encoding(layers[0].weight)), "int8 symmetric in blocks of 16 (axis 0)");
  EXPECT_EQ(describe(*graph.encoding(layers[1].weight)), "int8 symmetric per channel (axis 0)");
}

TEST(PlaceQuantizers, ASharedWeightStaysFloatForAFloatReader) {
  NetBuilder b;
  const ValueId x = b.input({1, 8}), w = b.constant(random_tensor({8, 8}, 3));
  Graph graph = b.finish(b.node("MatMul", {b.node("MatMul", {x, w}), w}));
  const ValueId middle = output_of(graph, "MatMul");
  PassRun run(nullptr, {.exclude = {graph.node(graph.value(middle).readers[0]).name}});
  run(kPlaceQuantizers, graph);
  const std::vector<Layer> layers = layers_of(graph);
  EXPECT_NE(graph.encoding(layers[0].weight), nullptr);
  EXPECT_EQ(graph.encoding(layers[1].weight), nullptr);
  EXPECT_EQ(to_floats(*graph.constant(layers[0].weight)), to_floats(*graph.constant(layers[1].weight)));
}
