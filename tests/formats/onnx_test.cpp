// Writing and reading: round trips, with and without grids.
#include "formats/onnx/onnx.h"

#include <onnx-ml.pb.h>

#include <cmath>
#include <fstream>

#include "base/file.h"
#include "engine/session.h"
#include "operators/layer.h"
#include "support/net_builder.h"
#include "support/temporary_folder.h"

using namespace halftone;
using test::NetBuilder;

namespace {

std::vector<float> run(const Graph& graph, Arithmetic arithmetic, const Tensor& x) {
  Session session(graph, arithmetic, 1);
  const auto outputs = session.run(std::vector<Tensor>{x});
  const auto values = outputs.at(0).values<float>();
  return {values.begin(), values.end()};
}

Graph written_and_read(const Graph& graph) {
  const test::TemporaryFolder folder;
  write_onnx(graph, folder / "net.onnx");
  Graph again = read_onnx(folder / "net.onnx");
  absorb_qdq(again);
  return again;
}

void put_grids(Graph& graph, bool per_channel) {
  for (ValueId id : graph.values()) {
    const Value& value = graph.value(id);
    if (!value.is_constant()) graph.edit(id).encoding = std::make_shared<const Encoding>(Encoding{.scale = {0.04f}, .zero_point = {110}});
  }
  for (const Layer& layer : layers_of(graph)) {
    Encoding e{.is_signed = true, .symmetric = true};
    e.scale.assign(per_channel ? static_cast<std::size_t>(layer.channels) : 1, 0.01f);
    e.zero_point.assign(e.scale.size(), 0);
    if (per_channel) {
      e.axis = layer.weight_axis;
      for (std::size_t c = 0; c < e.scale.size(); ++c) e.scale[c] *= 1 + 0.01f * static_cast<float>(c);
    }
    graph.edit(layer.weight).encoding = std::make_shared<const Encoding>(e);
  }
}

}  // namespace

TEST(Onnx, KeepsMeaningNamesAndMetadata) {
  Graph graph = test::residual_network();
  graph.file.metadata = {{"author", "somebody"}, {"classes", "10"}};
  graph.file.producer_name = "a trainer";
  const Graph again = written_and_read(graph);
  const Tensor x = test::random_tensor({2, 3, 8, 8}, 5);
  EXPECT_EQ(run(graph, Arithmetic::float32, x), run(again, Arithmetic::float32, x));
  EXPECT_EQ(again.file.metadata, graph.file.metadata);
  EXPECT_EQ(again.file.producer_name, "a trainer");
  EXPECT_EQ(again.file.opsets.at(""), 13);
  EXPECT_EQ(dump(again), dump(graph));
}

TEST(Onnx, GridsSurviveAndTheReadNetworkComputesTheSameCodes) {
  for (bool per_channel : {false, true}) {
    Graph graph = test::residual_network(3, false);
    put_grids(graph, per_channel);
    const Graph again = written_and_read(graph);
    EXPECT_EQ(dump(again), dump(graph)) << per_channel;
    const Tensor x = test::random_tensor({2, 3, 8, 8}, 5);
    EXPECT_EQ(run(graph, Arithmetic::simulated, x), run(again, Arithmetic::simulated, x)) << per_channel;
  }
}

TEST(Onnx, WeightsOfFewBitsSurviveAsInt8OrInt4) {
  for (const int opset : {13, 21}) {
    Graph graph = test::residual_network(3, false);
    graph.file.opsets[""] = opset;
    for (NodeId id : graph.nodes()) graph.edit(id).version = opset;
    put_grids(graph, true);
    for (const Layer& layer : layers_of(graph)) {
      Encoding grid = *graph.encoding(layer.weight);
      grid.bits = 3;
      for (float& scale : grid.scale) scale *= 32;
      graph.edit(layer.weight).encoding = std::make_shared<const Encoding>(grid);
    }
    const Graph again = written_and_read(graph);
    EXPECT_EQ(again.encoding(layers_of(again)[0].weight)->bits, opset == 13 ? 8 : 4);
    const Tensor x = test::random_tensor({2, 3, 8, 8}, 5);
    EXPECT_EQ(run(graph, Arithmetic::simulated, x), run(again, Arithmetic::simulated, x)) << opset;
  }
}

namespace {

// Data and results on grids of so many bits, weights of 8; at the opset.
Graph with_activation_bits(int bits, bool is_signed, int opset) {
  Graph graph = test::residual_network(3, false);
  graph.file.opsets[""] = opset;
  for (NodeId id : graph.nodes()) graph.edit(id).version = opset;
  put_grids(graph, true);
  for (ValueId id : graph.values()) {
    const Value& value = graph.value(id);
    if (value.is_constant()) continue;
    Encoding grid{.bits = bits, .is_signed = is_signed, .scale = {1}, .zero_point = {0}};
    set_range(grid, 0, {-2.5f, 3});
    graph.edit(id).encoding = std::make_shared<const Encoding>(grid);
  }
  return graph;
}

}  // namespace

TEST(Onnx, ActivationsOfEveryWidthSurviveAndTheFileComputesTheSameCodes) {
  const Tensor x = test::random_tensor({2, 3, 8, 8}, 5, 2);  // beyond the grid's ends too
  for (int bits = 4; bits <= 16; ++bits) {
    for (bool is_signed : {false, true}) {
      for (int opset : {13, 21}) {
        if (bits > 8 && opset < 21) continue;
        SCOPED_TRACE(fmt::format("{} bits, signed {}, opset {}", bits, is_signed, opset));
        const Graph graph = with_activation_bits(bits, is_signed, opset);
        const Graph again = written_and_read(graph);
        EXPECT_EQ(dump(again), dump(graph));
        EXPECT_EQ(run(graph, Arithmetic::simulated, x), run(again, Arithmetic::simulated, x));
      }
    }
  }
}

// What the nodes of the file say, read as they stand: Clip, QuantizeLinear and DequantizeLinear, in float.
TEST(Onnx, ClipAndPairMeanTheNarrowGrid) {
  NetBuilder b;
  Graph graph = b.finish(b.relu(b.input({1, 1, 1, 2001})));
  Encoding grid{.bits = 6, .scale = {1}, .zero_point = {0}};
  set_range(grid, 0, {-1, 2});
  graph.edit(graph.inputs()[0]).encoding = std::make_shared<const Encoding>(grid);
  const test::TemporaryFolder folder;
  write_onnx(graph, folder / "net.onnx");
  Tensor x(DataType::float32, {1, 1, 1, 2001});
  for (int i = 0; i <= 2000; ++i) x.mutable_values<float>()[static_cast<std::size_t>(i)] = 0.003f * static_cast<float>(i - 1000);
  EXPECT_EQ(run(read_onnx(folder / "net.onnx"), Arithmetic::float32, x), run(graph, Arithmetic::simulated, x));
}

TEST(Onnx, AClipToOtherBoundsStays) {
  NetBuilder b;
  const ValueId x = b.input({1, 3, 4, 4});
  Graph graph = b.finish(b.clip(x, 0, 6));
  Encoding grid{.bits = 8, .scale = {1}, .zero_point = {0}};
  set_range(grid, 0, {0, 6});
  graph.edit(graph.outputs()[0]).encoding = std::make_shared<const Encoding>(grid);
  EXPECT_EQ(dump(written_and_read(graph)), dump(graph));
}

TEST(Onnx, BitsAChannelMeanTheSameInTheFile) {
  Graph graph = test::residual_network(3, false);
  put_grids(graph, true);
  for (const Layer& layer : layers_of(graph)) {
    Encoding grid = *graph.encoding(layer.weight);
    for (std::size_t c = 0; c < grid.scale.size(); ++c) {
      grid.channel_bits.push_back(2 + static_cast<int>(c % 7));
      grid.scale[c] = 1.0f / static_cast<float>(grid.code_max(c));
    }
    graph.edit(layer.weight).encoding = std::make_shared<const Encoding>(grid);
  }
  verify(graph, "test");
  const Tensor x = test::random_tensor({2, 3, 8, 8}, 5);
  EXPECT_EQ(run(graph, Arithmetic::simulated, x), run(written_and_read(graph), Arithmetic::simulated, x));
}

TEST(Onnx, FourBitsArePackedTwoToAByteFirstOneLow) {  // case O2
  NetBuilder b;
  b.graph.file.opsets[""] = 21;
  const ValueId x = b.input({1, 1});
  Graph graph = b.finish(b.node("Gemm", {x, b.constant(Tensor::from<float>({1, 3}, {1, -2, 7}), "w")}));
  graph.edit(graph.find_value("w")).encoding =
      std::make_shared<const Encoding>(Encoding{.bits = 4, .is_signed = true, .symmetric = true, .scale = {1}, .zero_point = {0}});
  const test::TemporaryFolder folder;
  write_onnx(graph, folder / "net.onnx");
  onnx::ModelProto model;
  std::ifstream file(folder / "net.onnx", std::ios::binary);
  ASSERT_TRUE(model.ParseFromIstream(&file));
  const auto found = std::find_if(model.graph().initializer().begin(), model.graph().initializer().end(), [](const auto& t) { return t.name() == "w_quantized"; });
  ASSERT_NE(found, model.graph().initializer().end());
  EXPECT_EQ(found->data_type(), onnx::TensorProto::INT4);
  EXPECT_EQ(found->raw_data(), "\xE1\x07");
}

TEST(Onnx, ReadsBlocksOfScalesInTheirOrder) {  // case O2
  NetBuilder b;
  b.graph.file.opsets[""] = 21;
  const ValueId x = b.input({1, 8});
  const auto bytes = [](const Shape& shape, const std::vector<std::int32_t>& values) { return convert(Tensor::from<std::int32_t>(shape, values), DataType::uint8); };
  const ValueId codes = b.constant(bytes({1, 8}, std::vector<std::int32_t>(8, 9)));
  const ValueId real = b.node("DequantizeLinear", {codes, b.constant(Tensor::from<float>({1, 4}, {1, 2, 3, 4})), b.constant(bytes({1, 4}, {1, 2, 3, 4}))},
                              {{"axis", std::int64_t{1}}, {"block_size", std::int64_t{2}}});
  const Graph graph = written_and_read(b.finish(b.add(x, real)));
  EXPECT_EQ(run(graph, Arithmetic::float32, Tensor(DataType::float32, {1, 8})), (std::vector<float>{8, 8, 14, 14, 18, 18, 20, 20}));
}

TEST(Onnx, AMissingZeroPointIsZeroOfTheCodesOwnType) {  // case O2
  NetBuilder b;
  const ValueId x = b.input({1, 1});
  const ValueId codes = b.constant(convert(Tensor::from<std::int32_t>({1}, {-30}), DataType::int8));
  const ValueId real = b.node("DequantizeLinear", {codes, b.constant(Tensor::scalar(0.01f))});
  const Graph graph = written_and_read(b.finish(b.add(x, b.node("Reshape", {real, b.constant(Tensor::from<std::int64_t>({2}, {1, 1}))}))));
  EXPECT_FLOAT_EQ(run(graph, Arithmetic::float32, Tensor(DataType::float32, {1, 1}))[0], -0.3f);
}

TEST(Onnx, SharedWeightsAreStoredOnceAndEachLayerHasItsOwnBias) {  // case B2
  NetBuilder b;
  const ValueId x = b.input({1, 4, 6, 6});
  const ValueId w = b.constant(test::random_tensor({4, 4, 1, 1}, 3), "w"), bias = b.constant(test::random_tensor({4}, 4), "b");
  const ValueId first = b.node("Conv", {x, w, bias}), second = b.node("Conv", {first, w, bias});
  Graph graph = b.finish(second);
  put_grids(graph, true);
  graph.edit(first).encoding = std::make_shared<const Encoding>(Encoding{.scale = {0.1f}, .zero_point = {7}});
  const Graph again = written_and_read(graph);
  const auto layers = layers_of(again);
  ASSERT_EQ(layers.size(), 2u);
  EXPECT_EQ(layers[0].weight, layers[1].weight);
  EXPECT_NE(layers[0].bias, layers[1].bias);
  const Tensor input = test::random_tensor({1, 4, 6, 6}, 5);
  EXPECT_EQ(run(graph, Arithmetic::simulated, input), run(again, Arithmetic::simulated, input));
}

TEST(DeriveBias, GivesTheSameCodesAfterAFloat32RoundTrip) {
  NetBuilder b;
  const ValueId x = b.input({1, 1, 4, 4});
  Graph graph = b.finish(b.conv(x, 1, 64, 1));
  graph.edit(x).encoding = std::make_shared<const Encoding>(Encoding{.scale = {0.37f}, .zero_point = {0}});
  Layer layer = layers_of(graph)[0];
  std::vector<float> bias;
  Encoding e{.is_signed = true, .symmetric = true, .axis = 0};
  for (int c = 0; c < 64; ++c) {  // codes from a few to 2^30
    e.scale.push_back(std::ldexp(1.1f, -c / 2));
    e.zero_point.push_back(0);
    bias.push_back(0.8731f + 0.01f * static_cast<float>(c));
  }
  graph.edit(layer.weight).encoding = std::make_shared<const Encoding>(e);
  graph.set_constant(layer.bias, Tensor::from<float>({64}, bias));
  const BiasCodes codes = derive_bias(graph, layer);
  std::vector<float> read_back;
  for (std::size_t c = 0; c < 64; ++c) read_back.push_back(static_cast<float>(static_cast<double>(codes.codes[c]) * codes.scale[c]));
  graph.set_constant(layer.bias, Tensor::from<float>({64}, read_back));
  EXPECT_EQ(derive_bias(graph, layer).codes, codes.codes);
  EXPECT_GT(*std::max_element(codes.codes.begin(), codes.codes.end()), 1 << 28);
}

TEST(Onnx, RefusesAGridThatTheOpsetCannotHold) {
  Graph graph = test::residual_network(3, false);
  put_grids(graph, true);
  graph.file.opsets[""] = 12;
  const test::TemporaryFolder folder;
  EXPECT_THAT(test::message_of([&] { write_onnx(graph, folder / "net.onnx"); }), testing::HasSubstr("needs opset 13, but the file has opset 12"));
  EXPECT_FALSE(std::filesystem::exists(folder / "net.onnx"));
  graph = test::residual_network(3, false);
  graph.edit(graph.inputs()[0]).encoding = std::make_shared<const Encoding>(Encoding{.bits = 12, .scale = {1}, .zero_point = {0}});
  EXPECT_THAT(test::message_of([&] { write_onnx(graph, folder / "net.onnx"); }),
              testing::HasSubstr("value 'input': uint12 per tensor needs opset 21, but the file has opset 13"));
}

TEST(Onnx, WeightsInBlocksSurviveAndComputeTheSame) {
  for (const std::int64_t transposed : {0, 1}) {
    NetBuilder b;
    const ValueId x = b.input({1, 10});
    const ValueId w = b.constant(test::random_tensor(transposed != 0 ? Shape{4, 10} : Shape{10, 4}, 3), "w");
    Graph graph = b.finish(transposed != 0 ? b.node("Gemm", {x, w, b.constant(test::random_tensor({4}, 5), "bias")}, {{"transB", std::int64_t{1}}}) : b.node("MatMul", {x, w}));
    graph.file.opsets[""] = 21;
    for (NodeId id : graph.nodes()) graph.edit(id).version = 21;
    graph.edit(x).encoding = std::make_shared<const Encoding>(Encoding{.scale = {0.04f}, .zero_point = {110}});
    Encoding e{.bits = 4, .is_signed = true, .symmetric = true, .axis = transposed != 0 ? 1 : 0, .block_size = 4};
    for (int i = 0; i < 12; ++i) e.scale.push_back(0.1f + 0.05f * static_cast<float>(i));
    e.zero_point.assign(12, 0);
    graph.edit(w).encoding = std::make_shared<const Encoding>(e);
    const Graph again = written_and_read(graph);
    EXPECT_EQ(dump(again), dump(graph));
    EXPECT_EQ(*again.encoding(layers_of(again)[0].weight), e);
    const Tensor data = test::random_tensor({3, 10}, 5);
    const auto simulated = run(graph, Arithmetic::simulated, data);
    EXPECT_EQ(run(again, Arithmetic::simulated, data), simulated);
    EXPECT_NE(run(graph, Arithmetic::float32, data), simulated);
    graph.file.opsets[""] = 13;
    const test::TemporaryFolder folder;
    EXPECT_THROW(write_onnx(graph, folder / "net.onnx"), Error);
  }
}

TEST(Onnx, CountsAnAxisFromTheBack) {
  NetBuilder b;
  const ValueId codes = b.constant(convert(Tensor::from<std::int32_t>({2, 3}, {1, 2, 3, 4, 5, 6}), DataType::int8));
  const ValueId x = b.input({1, 2});
  const ValueId w = b.node("DequantizeLinear", {codes, b.constant(Tensor::from<float>({3}, {1, 2, 3}))}, {{"axis", std::int64_t{-1}}});
  Graph graph = b.finish(b.node("MatMul", {x, w}));
  absorb_qdq(graph);
  verify(graph, "test");
  const Encoding* grid = graph.encoding(layers_of(graph).at(0).weight);
  ASSERT_NE(grid, nullptr);
  EXPECT_EQ(grid->axis, 1);
}

TEST(Onnx, AConstantInBlocksThatNoLayerReadsIsTakenAsNumbers) {
  NetBuilder b;
  const ValueId x = b.input({1, 4});
  const ValueId codes = b.constant(convert(Tensor::from<std::int32_t>({1, 4}, {1, 2, 3, 4}), DataType::int8));
  const ValueId scales = b.constant(Tensor::from<float>({1, 2}, {1, 10}));
  const ValueId w = b.node("DequantizeLinear", {codes, scales}, {{"axis", std::int64_t{1}}, {"block_size", std::int64_t{2}}});
  Graph graph = b.finish(b.add(x, w));
  graph.file.opsets[""] = 21;
  for (NodeId id : graph.nodes()) graph.edit(id).version = 21;
  absorb_qdq(graph);
  verify(graph, "test");
  EXPECT_EQ(run(graph, Arithmetic::simulated, Tensor::from<float>({1, 4}, {0, 0, 0, 0})), (std::vector<float>{1, 2, 30, 40}));
}

TEST(Onnx, BlocksWhoseScalesHaveAnotherRankStayNodes) {
  NetBuilder b;
  const ValueId codes = b.constant(convert(Tensor::from<std::int32_t>({1, 4}, {1, 2, 3, 4}), DataType::int8));
  const ValueId w = b.node("DequantizeLinear", {codes, b.constant(Tensor::from<float>({2}, {1, 10}))}, {{"axis", std::int64_t{1}}, {"block_size", std::int64_t{2}}});
  Graph graph = b.finish(b.add(b.input({1, 4}), w));
  const std::size_t before = graph.nodes().size();
  absorb_qdq(graph);
  EXPECT_EQ(graph.nodes().size(), before);
}
