// Cases from the field: Placement of quantizers.
#include <gmock/gmock.h>

#include "cases/case_run.h"

namespace halftone::test {
namespace {

using Ints = std::vector<std::int64_t>;

std::string name_of_node(const NetBuilder& b, ValueId made) { return b.graph.producer(made)->name; }

Tensor ints(const Ints& values) { return Tensor::from<std::int64_t>({std::ssize(values)}, values); }

TEST(Placement, P1_ClampsHoldOnSymmetricGrids) {
  const MemoryDataset data(random_tensor({16, 3, 6, 6}, 5));
  for (bool six : {false, true}) {
    for (const auto& [granularity, suffix] : kGranularities) {
      NetBuilder b;
      const ValueId made = b.conv(b.input({1, 3, 6, 6}), 3, 4, 3, {.deviation = 2});
      const Graph graph = b.finish(six ? b.clip(made, 0, 6) : b.relu(made));
      const QuantizeOptions options{.signed_activations = true, .granularity = granularity, .symmetric_activations = true};
      const Bounds bounds{0, six ? 6.03f : 3e38f};
      const CaseRun run = run_case(fmt::format("P1_{}{}", six ? "clip" : "relu", suffix), graph, data, options, {random_tensor({4, 3, 6, 6}, 9, 5)}, bounds);
      const std::vector<float> out = run.codes();
      EXPECT_EQ(run.quantized.encoding(run.quantized.outputs()[0])->zero_point[0], 0);
      EXPECT_GE(*std::min_element(out.begin(), out.end()), 0);
      if (six) {
        EXPECT_LE(*std::max_element(out.begin(), out.end()), 6 + run.step() / 2);
      }
    }
  }
}

// Boxes of 0..640 and scores of 0..1 of one level: [1, 7, 36].
struct Head {
  ValueId boxes, scores, joined;
};

Head add_head(NetBuilder& b, ValueId x) {
  const ValueId boxes = b.node("Reshape", {b.relu(b.conv(x, 4, 4, 1, {.deviation = 90})), b.constant(ints({1, 4, 36}))});
  const ValueId scores = b.node("Reshape", {b.node("Sigmoid", {b.conv(x, 4, 3, 1, {.deviation = 0.2})}), b.constant(ints({1, 3, 36}))});
  return {boxes, scores, b.node("Concat", {boxes, scores}, {{"axis", std::int64_t{1}}})};
}

void expect_scores(const CaseRun& run, std::size_t boxes_first) {  // of [..., 7], or of [7, ...]
  const std::vector<float> real = run.floats(), got = run.codes();
  double scores = 0, boxes = 0, far = 0;
  for (std::size_t i = 0; i < real.size(); ++i) {
    const bool box = boxes_first != 0 ? i < boxes_first : i % 7 < 4;
    (box ? boxes : scores) = std::max<double>(box ? boxes : scores, std::fabs(real[i] - got[i]));
    far = std::max<double>(far, std::fabs(real[i]));
  }
  EXPECT_LE(scores, 1.0 / 255);
  EXPECT_LE(boxes, far / 255 * 4);
  EXPECT_GT(far, 300);
}

TEST(Placement, P2_BoxesAndScoresHaveNoCommonGrid) {
  const MemoryDataset data(random_tensor({24, 4, 6, 6}, 5));
  for (const auto& [granularity, suffix] : kGranularities) {
    NetBuilder b;
    const Head head = add_head(b, b.input({1, 4, 6, 6}, false));
    const std::string concat = name_of_node(b, head.joined), boxes = b.graph.value(head.boxes).name, scores = b.graph.value(head.scores).name;
    const Graph graph = b.finish(head.joined);
    const CaseRun run = run_case(std::string("P2") + suffix, graph, data, {.granularity = granularity});
    expect_scores(run, 144);
    EXPECT_THAT(run.report.warnings, testing::ElementsAre(testing::AllOf(testing::HasSubstr("Concat '" + concat + "'"), testing::HasSubstr(boxes), testing::HasSubstr(scores))));
    EXPECT_THAT(run.reason(concat), testing::HasSubstr("reaches"));
    EXPECT_EQ(run.step(), 0);
    EXPECT_NE(run.grid(boxes), nullptr);   // made on codes
    EXPECT_EQ(run.grid(scores), nullptr);  // Sigmoid is float, and so is what reads it
  }
}

TEST(Placement, P2_AGridThatAFileGivesStays) {
  const MemoryDataset data(random_tensor({24, 4, 6, 6}, 5));
  const TemporaryFolder folder;
  NetBuilder b;
  const Graph graph = b.finish(add_head(b, b.input({1, 4, 6, 6}, false)).joined);
  write_onnx(graph, folder / "net.onnx");
  quantize_file({folder / "net.onnx", folder / "q.onnx", folder / "q.json"}, graph, data, {.disabled_passes = {"free_concats", "equalize_activations"}}, {});
  const CaseRun run = run_case("P2_given", graph, data, {.load_encodings = (folder / "q.json").string()});
  EXPECT_NE(run.grid("logits"), nullptr);
}

TEST(Placement, P2_ThroughSeveralLevelsAndWhatMovesThem) {
  NetBuilder b;
  const ValueId x = b.input({1, 4, 6, 6}, false);
  const Head one = add_head(b, x), two = add_head(b, x);
  const ValueId levels = b.node("Concat", {one.joined, two.joined}, {{"axis", std::int64_t{2}}});
  const std::string outer = name_of_node(b, levels);
  const CaseRun run = run_case("P2_levels", b.finish(b.node("Transpose", {levels}, {{"perm", Ints{0, 2, 1}}})), MemoryDataset(random_tensor({24, 4, 6, 6}, 5)));
  expect_scores(run, 0);
  EXPECT_EQ(run.report.warnings.size(), 2u);  // one a head
  EXPECT_THAT(run.reason(outer), testing::HasSubstr("another Concat"));
}

// Layers behind a Concat need codes; and inputs that differ less share a grid.
TEST(Placement, P2_OtherConcatsKeepTheirGrids) {
  for (bool read_by_layer : {true, false}) {
    NetBuilder b;
    const ValueId x = b.input({1, 4, 6, 6});
    const double wide = read_by_layer ? 50 : 2;
    const ValueId joined = b.node("Concat", {b.conv(x, 4, 4, 1, {.deviation = wide}), b.conv(x, 4, 4, 1, {.deviation = 0.3})}, {{"axis", std::int64_t{1}}});
    const std::string name = b.graph.value(joined).name;
    const CaseRun run = run_case(fmt::format("P2_{}", read_by_layer ? "layer" : "alike"), b.finish(read_by_layer ? b.conv(joined, 8, 4, 1) : joined), MemoryDataset(random_tensor({24, 4, 6, 6}, 5)));
    EXPECT_TRUE(run.report.warnings.empty());
    EXPECT_NE(run.grid(read_by_layer ? name : "logits"), nullptr);
  }
}

TEST(Placement, P2_AllInputsOfAQuantizedConcatAreOnGrids) {
  const MemoryDataset data(random_tensor({16, 4, 6, 6}, 5));
  for (const char* mode : {"nearest", "linear"}) {
    NetBuilder b;
    const ValueId x = b.input({1, 4, 6, 6});
    const ValueId small = b.max_pool(b.relu(b.conv(x, 4, 4, 1)));
    const ValueId resized = b.node("Resize", {small, ValueId::none, b.constant(Tensor::from<float>({4}, {1, 1, 2, 2}))}, {{"mode", std::string(mode)}});
    const ValueId other = b.conv(x, 4, 4, 1), joined = b.node("Concat", {resized, other}, {{"axis", std::int64_t{1}}});
    const std::vector<std::string> names = {b.graph.value(resized).name, b.graph.value(other).name, b.graph.value(joined).name};
    const CaseRun run = run_case(std::string("P2_resize_") + mode, b.finish(b.conv(joined, 8, 4, 3)), data);
    for (const std::string& name : names) EXPECT_NE(run.grid(name), nullptr) << name;
    const onnx::ModelProto model = read_proto(run.folder / "q.onnx");
    for (const auto& node : model.graph().node()) {
      if (node.op_type() != "Concat") continue;
      for (const std::string& input : node.input()) EXPECT_THAT(input, testing::HasSubstr("_dequantized"));
    }
  }
}

TEST(Placement, P3_WhatOnlyMovesValuesHasOneGridAndDoesNoArithmetic) {
  Tensor samples = random_tensor({16, 4, 8, 8}, 5);
  samples.mutable_values<float>()[9] = -40;  // the MaxPool removes it
  for (const auto& [granularity, suffix] : kGranularities) {
    NetBuilder b;
    const ValueId first = b.conv(b.input({1, 4, 8, 8}, false), 4, 4, 1);
    const ValueId pooled = b.max_pool(first), reshaped = b.node("Reshape", {pooled, b.constant(ints({1, 4, 16, 1}))});
    const ValueId moved = b.node("Transpose", {reshaped}, {{"perm", Ints{0, 1, 3, 2}}});
    const ValueId padded = b.node("Pad", {moved, b.constant(ints({0, 0, 1, 1, 0, 0, 1, 1}))});
    const ValueId half = b.node("Split", {padded, b.constant(ints({2, 2}))}, {{"axis", std::int64_t{1}}});
    const ValueId rest = b.graph.add_value("rest");
    const NodeId split = b.graph.value(half).producer;
    b.graph.edit(split).outputs.push_back(rest);
    b.graph.edit(rest).producer = split;
    b.graph.add_output(b.conv(half, 2, 4, 1));
    std::vector<std::string> names;
    for (ValueId id : {first, pooled, reshaped, moved, padded, half, rest}) names.push_back(b.graph.value(id).name);
    const CaseRun run = run_case(std::string("P3") + suffix, b.finish(b.conv(rest, 2, 4, 1)), MemoryDataset(samples), {.granularity = granularity}, {random_tensor({1, 4, 8, 8}, 9)});
    std::vector<ValueId> taps;
    for (const std::string& name : names) {
      ASSERT_NE(run.grid(name), nullptr) << name;
      EXPECT_EQ(*run.grid(name), *run.grid(names[0])) << name;
      taps.push_back(run.quantized.find_value(name));
    }
    std::map<ValueId, std::set<float>> codes;
    Session session(run.quantized, Arithmetic::simulated, 1, taps);
    session.run(run.inputs, [&](const TapView& view) {
      EXPECT_NE(view.codes, nullptr) << run.quantized.value(view.value).name;
      codes[view.value] = {view.data, view.data + element_count(view.shape)};
    });
    std::set<float> known = codes.at(taps[0]);
    known.insert(0);  // the border
    for (ValueId id : taps) EXPECT_TRUE(std::includes(known.begin(), known.end(), codes.at(id).begin(), codes.at(id).end())) << run.quantized.value(id).name;
  }
}

TEST(Placement, P4_EverySubsetOfExcludedNodesRuns) {
  const MemoryDataset data(random_tensor({16, 3, 8, 8}, 5));
  NetBuilder b;
  const ValueId first = b.conv(b.input({1, 3, 8, 8}), 3, 4, 1), second = b.conv(first, 4, 4, 3), clamp = b.relu(second), last = b.conv(clamp, 4, 4, 1);
  std::vector<std::string> names;
  for (ValueId id : {first, second, clamp, last}) names.push_back(name_of_node(b, id));
  const Graph graph = b.finish(last);
  for (unsigned subset = 0; subset < 16; ++subset) {
    SCOPED_TRACE(subset);
    QuantizeOptions options;
    for (unsigned i = 0; i < 4; ++i) {
      if ((subset >> i & 1u) != 0) options.exclude.push_back(names[i]);
    }
    if ((subset & 11u) == 11u) {  // no layer is left
      EXPECT_THAT(message_of([&] { run_case("P4_none", graph, data, options); }), testing::HasSubstr("0 of 3 layers"));
      std::filesystem::remove_all(case_folder("P4_none"));
      continue;
    }
    const CaseRun run = run_case(fmt::format("P4_{:02}", subset), graph, data, options);
    for (const std::string& name : options.exclude) EXPECT_THAT(run.reason(name), testing::HasSubstr("--exclude")) << name;
    for (const Layer& layer : layers_of(run.quantized)) {
      const std::string& name = run.quantized.node(layer.node).name;
      const bool excluded = std::find(options.exclude.begin(), options.exclude.end(), name) != options.exclude.end();
      EXPECT_EQ(is_quantized(run.quantized, layer), !excluded) << name;
      if (!excluded) continue;
      const Layer before = layers_of(run.graph).at(name == names[0] ? 0 : name == names[1] ? 1 : 2);
      EXPECT_EQ(to_floats(*run.quantized.constant(layer.weight)), to_floats(*run.graph.constant(before.weight))) << name;
      EXPECT_EQ(to_floats(*run.quantized.constant(layer.bias)), to_floats(*run.graph.constant(before.bias))) << name;  // no int32 codes
    }
    EXPECT_GT(run.report.figures->outputs[0].sqnr_db.value_or(99), 25);
  }
}

TEST(Placement, P5_ExcludesTheUsersNamesAndGlobs) {
  NetBuilder b;
  const ValueId x = b.input({1, 8});
  const auto matmul = [&](ValueId from, std::int64_t out) { return b.node("MatMul", {from, b.constant(random_tensor({8, out}, 3, 0.4))}); };
  const ValueId one = matmul(x, 8), two = matmul(one, 8), three = matmul(two, 8), last = b.gemm(three, 8, 4);
  const std::pair<ValueId, const char*> names[] = {{one, "enc.0/MatMul"}, {two, "enc.1/MatMul_1"}, {three, "dec/MatMul"}, {last, "/fc/Gemm"}};
  for (const auto& [made, name] : names) b.graph.edit(b.graph.value(made).producer).name = name;
  const Graph graph = b.finish(last);
  const MemoryDataset data(random_tensor({16, 8}, 5));
  const CaseRun run = run_case("P5", graph, data, {.exclude = {"/fc/Gemm", "enc*/MatMul*"}});
  for (const char* name : {"enc.0/MatMul", "enc.1/MatMul_1", "/fc/Gemm"}) EXPECT_THAT(run.reason(name), testing::HasSubstr("--exclude")) << name;
  EXPECT_EQ(run.reason("dec/MatMul"), "");
  EXPECT_EQ(run.report.quantized_layers, 1);
  EXPECT_THAT(message_of<UsageError>([&] { run_case("P5_unknown", graph, data, {.exclude = {"/fc/Gem"}}); }), testing::AllOf(testing::HasSubstr("'/fc/Gem'"), testing::HasSubstr("'/fc/Gemm'")));
  std::filesystem::remove_all(case_folder("P5_unknown"));
}

TEST(Placement, P6_ATransposedConstantIsAWeight) {
  for (const auto& [granularity, suffix] : kGranularities) {
    NetBuilder b;
    const ValueId x = b.input({1, 16}), w = b.node("Transpose", {b.constant(random_tensor({12, 16}, 3, 0.3))}, {{"perm", Ints{1, 0}}});
    const CaseRun run = run_case(std::string("P6") + suffix, b.finish(b.node("MatMul", {x, w})), MemoryDataset(random_tensor({16, 16}, 5)), {.granularity = granularity});
    const Layer layer = layers_of(run.quantized).at(0);
    EXPECT_TRUE(is_quantized(run.quantized, layer));
    const bool channel = granularity == Granularity::channel;
    EXPECT_EQ(run.quantized.encoding(layer.weight)->scale.size(), channel ? 12u : 1u);
    EXPECT_EQ(run.quantized.encoding(layer.weight)->axis, channel ? 1 : Encoding::kPerTensor);
    EXPECT_TRUE(initializers_of(read_proto(run.folder / "net.onnx"), 192) != initializers_of(read_proto(run.folder / "q.onnx"), 192));
  }
}

TEST(Placement, P6_GatherAndMatMulShareOneQuantizedTable) {
  for (const auto& [granularity, suffix] : kGranularities) {
    NetBuilder b;
    const ValueId ids = b.graph.add_value("ids", DataType::int64, std::vector<Dimension>{{-1, "N"}, {5, ""}});
    b.graph.add_input(ids);
    const ValueId table = b.constant(random_tensor({100, 16}, 3, 0.3), "table");
    const ValueId rows = b.node("Gather", {table, ids}), hidden = b.relu(b.node("MatMul", {rows, b.constant(random_tensor({16, 16}, 4, 0.3))}));
    const Graph graph = b.finish(b.node("MatMul", {hidden, b.node("Transpose", {table}, {{"perm", Ints{1, 0}}})}));
    Tensor tokens(DataType::int64, {40, 5});
    for (std::size_t i = 0; i < 200; ++i) tokens.mutable_values<std::int64_t>()[i] = static_cast<std::int64_t>(i * 37 % 100);
    const CaseRun run = run_case(std::string("P6_table") + suffix, graph, MemoryDataset(tokens), {.granularity = granularity});
    EXPECT_EQ(run.report.quantized_layers, 2);
    const onnx::ModelProto model = read_proto(run.folder / "q.onnx");
    std::size_t bytes = 0;  // of tables and matrices
    for (const auto& tensor : model.graph().initializer()) bytes += tensor.dims_size() == 2 ? tensor.raw_data().size() : 0;
    EXPECT_EQ(bytes, 1600u + 256);
    EXPECT_GT(run.report.figures->outputs[0].sqnr_db.value_or(99), 25);
  }
}

TEST(Placement, P7_AConcatReadByTwoConvsWithoutBias) {
  const MemoryDataset data(random_tensor({16, 3, 8, 8}, 5));
  for (Rounding rounding : {Rounding::nearest, Rounding::fast}) {
    for (const auto& [granularity, suffix] : kGranularities) {
      NetBuilder b;
      const ValueId x = b.input({1, 3, 8, 8});
      const ValueId joined = b.node("Concat", {b.relu(b.conv(x, 3, 4, 1)), b.relu(b.conv(x, 3, 4, 1))}, {{"axis", std::int64_t{1}}});
      const ValueId w = b.constant(random_tensor({8, 8, 1, 1}, 7, 0.3), "shared");
      const ValueId one = b.node("Conv", {joined, w}), two = b.relu(b.conv(joined, 8, 8, 1, {.bias = false}));
      const std::string name = b.graph.value(joined).name;
      const CaseRun run = run_case(fmt::format("P7_{}{}", rounding == Rounding::fast ? "fast" : "nearest", suffix), b.finish(b.add(one, b.node("Conv", {two, w}))), data,
                                   {.granularity = granularity, .rounding = rounding});
      for (const Layer& layer : layers_of(run.quantized)) {
        EXPECT_TRUE(is_quantized(run.quantized, layer));
        EXPECT_NE(layer.bias, ValueId::none) << run.quantized.node(layer.node).name;
      }
      const onnx::ModelProto model = read_proto(run.folder / "q.onnx");
      EXPECT_EQ(count_nodes(model, "QuantizeLinear", name), 1);
      EXPECT_EQ(count_nodes(model, "DequantizeLinear", name + "_quantized"), 1);
      EXPECT_EQ(count_nodes(model, "DequantizeLinear", "shared_quantized"), 1);
      EXPECT_EQ(initializers_of(model, 64).size(), 2u);  // the shared weight, stored once, and the other one
      EXPECT_GT(run.report.figures->outputs[0].sqnr_db.value_or(99), 25);
    }
  }
}

}  // namespace
}  // namespace halftone::test
