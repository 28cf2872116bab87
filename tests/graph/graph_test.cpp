#include "graph/graph.h"

#include "support/net_builder.h"

using namespace halftone;
using test::NetBuilder;

namespace {

std::string message_of(const Graph& graph) {
  try {
    verify(graph, "net");
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

}  // namespace

TEST(Graph, CopiesShareTensorsAndChangeApart) {
  const Graph graph = test::residual_network();
  Graph copy = graph;
  const ValueId weight = copy.node(copy.nodes().front()).input(1);
  EXPECT_EQ(graph.constant(weight)->data(), copy.constant(weight)->data());
  copy.set_constant(weight, Tensor(DataType::float32, graph.constant(weight)->shape()));
  EXPECT_NE(graph.constant(weight)->values<float>()[0], 0);
  EXPECT_EQ(copy.constant(weight)->values<float>()[0], 0);
}

TEST(Graph, OrdersNodesTopologicallyHoweverTheyWereAdded) {
  Graph graph;
  graph.file.opsets[""] = 13;
  const ValueId x = graph.add_value("x"), a = graph.add_value("a"), b = graph.add_value("b");
  graph.add_input(x);
  graph.add_node({.name = "second", .type = "Relu", .version = 13, .inputs = {a}, .outputs = {b}});
  graph.add_node({.name = "first", .type = "Relu", .version = 13, .inputs = {x}, .outputs = {a}});
  graph.add_output(b);
  const auto order = graph.topological_order();
  EXPECT_EQ(graph.node(order[0]).name, "first");
  EXPECT_EQ(message_of(graph), "");
}

TEST(Graph, NamesTheNodeOfACycle) {
  Graph graph;
  const ValueId a = graph.add_value("a"), b = graph.add_value("b");
  graph.add_node({.name = "one", .type = "Relu", .inputs = {a}, .outputs = {b}});
  graph.add_node({.name = "two", .type = "Relu", .inputs = {b}, .outputs = {a}});
  graph.add_output(b);
  EXPECT_THAT(message_of(graph), testing::HasSubstr("cycle"));
}

TEST(Graph, BypassKeepsTheNameOfAGraphOutput) {
  NetBuilder b;
  const ValueId x = b.input({1, 3, 4, 4});
  Graph graph = b.finish(b.batch_norm(b.conv(x, 3, 4, 1), 4));
  for (NodeId id : graph.nodes()) {
    if (graph.node(id).type == "BatchNormalization") graph.bypass(id);
  }
  EXPECT_EQ(graph.value(graph.outputs()[0]).name, "logits");
  EXPECT_EQ(graph.producer(graph.outputs()[0])->type, "Conv");
  EXPECT_EQ(message_of(graph), "");
}

TEST(Graph, RemovesWhatNothingReads) {
  NetBuilder b;
  const ValueId x = b.input({1, 3, 4, 4});
  b.conv(b.relu(x), 3, 4, 1);  // leads nowhere
  Graph graph = b.finish(b.relu(x));
  graph.remove_unused_nodes();
  EXPECT_EQ(graph.nodes().size(), 1u);
  EXPECT_EQ(graph.values().size(), 2u);
}

TEST(Verify, SaysWhichEncodingDoesNotFitAndWhy) {
  Graph graph = test::residual_network();
  const ValueId weight = graph.node(graph.nodes().front()).input(1);
  const auto with = [&](Encoding e) {
    graph.edit(weight).encoding = std::make_shared<const Encoding>(std::move(e));
    return message_of(graph);
  };
  EXPECT_THAT(with({.is_signed = true, .axis = 0, .scale = {1, 1}, .zero_point = {0, 0}}), testing::HasSubstr("2 scales for 8 channels (axis 0)"));
  EXPECT_THAT(with({.is_signed = true, .scale = {-1}, .zero_point = {0}}), testing::HasSubstr("not positive"));
  EXPECT_THAT(with({.scale = {1}, .zero_point = {300}}), testing::HasSubstr("zero point 300 lies outside"));
  EXPECT_EQ(with({.is_signed = true, .scale = {1}, .zero_point = {0}}), "");
}

TEST(Verify, RefusesEqualNames) {
  Graph graph = test::residual_network();
  graph.edit(graph.values()[1]).name = graph.value(graph.values()[0]).name;
  EXPECT_THAT(message_of(graph), testing::HasSubstr("two values are named"));
}
