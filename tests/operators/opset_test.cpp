// Raising a file's opset keeps what the network computes (case I2).
#include "operators/opset.h"

#include "formats/onnx/onnx.h"
#include "support/pass_runner.h"
#include "support/temporary_folder.h"

using namespace halftone;
using namespace halftone::test;

namespace {

using Ints = std::vector<std::int64_t>;

// Every operator whose form changed between opset 9 and 21, on 2 x 4 x 6 x 6.
Graph old_network() {
  NetBuilder b;
  b.graph.file.opsets[""] = 9;
  b.graph.file.ir_version = 4;
  ValueId x = b.input({2, 4, 6, 6});
  x = b.node("Clip", {b.conv(x, 4, 4, 3)}, {{"min", -1.0f}, {"max", 2.0f}});
  x = b.node("Pad", {x}, {{"pads", Ints{0, 0, 1, 1, 0, 0, 1, 1}}, {"value", 0.5f}});
  x = b.node("Slice", {x}, {{"starts", Ints{1}}, {"ends", Ints{5}}, {"axes", Ints{2}}});
  x = b.node("Dropout", {b.batch_norm(x, 4)}, {{"ratio", 0.3f}});
  x = b.node("Upsample", {x, b.constant(Tensor::from<float>({4}, {1, 1, 2, 2}))}, {{"mode", std::string("nearest")}});
  x = b.node("LogSoftmax", {x});  // over all axes from 1 on
  x = b.node("ReduceMax", {b.node("ReduceSum", {x}, {{"axes", Ints{3}}})}, {{"axes", Ints{3}}});
  x = b.node("Split", {x}, {{"axis", std::int64_t{0}}});
  x = b.node("TopK", {x}, {{"axis", std::int64_t{2}}, {"k", std::int64_t{3}}});
  x = b.node("ReduceMean", {x}, {{"axes", Ints{2}}});
  x = b.node("Unsqueeze", {b.node("Squeeze", {x}, {{"axes", Ints{2}}})}, {{"axes", Ints{3}}});
  x = b.node("Softmax", {b.gemm(b.flatten(x), 4, 5)});
  return b.finish(x);
}

}  // namespace

TEST(RaiseOpset, KeepsWhatTheNetworkComputes) {
  const Tensor x = random_tensor({2, 4, 6, 6}, 5);
  const std::vector<float> before = run_float(old_network(), x);
  for (int opset : {9, 10, 11, 12, 13, 17, 18, 21}) {
    Graph graph = old_network();
    raise_opset(graph, opset);
    verify(graph, "raised");
    EXPECT_EQ(graph.file.opsets.at(""), opset);
    EXPECT_GE(graph.file.ir_version, opset == 21 ? 10 : 4);
    for (NodeId id : graph.nodes()) EXPECT_EQ(graph.node(id).version, opset);
    EXPECT_EQ(run_float(graph, x), before) << opset;
    const TemporaryFolder folder;
    write_onnx(graph, folder / "raised.onnx");
    EXPECT_EQ(run_float(read_onnx(folder / "raised.onnx"), x), before) << opset;
  }
}

// A node on 1 x 2 x 4 x 4 in the oldest opset that has it.
Graph old_node(const std::string& type, int opset, const std::vector<Tensor>& constants, const std::vector<std::pair<std::string, Attribute>>& attributes) {
  NetBuilder b;
  b.graph.file.opsets[""] = opset;
  std::vector<ValueId> inputs = {b.input({1, 2, 4, 4}, /*dynamic_batch=*/false)};
  for (const Tensor& tensor : constants) inputs.push_back(b.constant(tensor));
  return b.finish(b.node(type, inputs, attributes));
}

TEST(RaiseOpset, KeepsSingleOperators) {
  const std::vector<float> regions = {0, 0, 3, 2, 1, 1, 2, 3};
  const Graph graphs[] = {
      old_node("GridSample", 16, {random_tensor({1, 3, 3, 2}, 2, 0.5)}, {{"mode", std::string("bicubic")}}),
      old_node("RoiAlign", 10, {Tensor::from<float>({2, 4}, regions), Tensor::from<std::int64_t>({2}, {0, 0})}, {{"output_height", std::int64_t{2}}, {"output_width", std::int64_t{2}}}),
      old_node("Scatter", 9, {Tensor::from<std::int64_t>({1, 1, 1, 2}, {1, 0}), Tensor::from<float>({1, 1, 1, 2}, {7, 8})}, {{"axis", std::int64_t{2}}}),
  };
  const Tensor x = random_tensor({1, 2, 4, 4}, 5);
  for (const Graph& graph : graphs) {
    const std::vector<float> before = run_float(graph, x);
    Graph raised = graph;
    raise_opset(raised, 21);
    EXPECT_EQ(run_float(raised, x), before) << dump(raised);
  }
}

TEST(RaiseOpset, MakesTheAxisOfADftAnInput) {
  NetBuilder b;
  b.graph.file.opsets[""] = 17;
  Graph graph = b.finish(b.node("DFT", {b.input({2, 4, 3, 1})}));
  const Tensor x = random_tensor({2, 4, 3, 1}, 5);
  const std::vector<float> before = run_float(graph, x);
  raise_opset(graph, 21);
  EXPECT_EQ(run_float(graph, x), before);
}

TEST(RaiseOpset, NeverLowers) {
  Graph graph = residual_network();
  const std::string before = dump(graph);
  raise_opset(graph, 11);
  EXPECT_EQ(graph.file.opsets.at(""), 13);
  EXPECT_EQ(dump(graph), before);
}

TEST(RaiseOpset, RefusesWhatTheLaterOpsetCannotSay) {
  NetBuilder b;
  b.graph.file.opsets[""] = 18;
  const ValueId x = b.input({2, 4, 6, 6}), scale = b.constant(random_tensor({2}, 3));
  Graph groups = b.finish(b.node("GroupNormalization", {x, scale, scale}, {{"num_groups", std::int64_t{2}}}));
  EXPECT_THAT(message_of([&] { raise_opset(groups, 21); }),
              testing::AllOf(testing::HasSubstr("GroupNormalization 'groupnormalization"), testing::HasSubstr("opset 18 to 21"), testing::HasSubstr("one a group")));
  Graph old = residual_network();
  old.file.opsets[""] = 6;
  EXPECT_THAT(message_of([&] { raise_opset(old, 13); }), testing::HasSubstr("opset 6 cannot be raised to 13"));
}
