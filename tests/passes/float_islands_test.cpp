#include "passes/float_islands.h"

#include "support/pass_runner.h"

using namespace halftone;
using namespace halftone::test;

namespace {

std::set<std::string> float_types(Graph graph, QuantizeOptions options = {}) {
  PassRun run(nullptr, std::move(options));
  run(kPlaceQuantizers, graph);
  std::set<std::string> types;
  for (const FloatLayer& layer : run.context.float_layers) types.insert(layer.type);
  return types;
}

}  // namespace

// LayerNormalization as older exporters write it: its means and its epsilon would be rounded for nothing.
TEST(FloatIslands, AreWhatANormalizationIsMadeOf) {
  NetBuilder b;
  const auto two = b.constant(Tensor::scalar(2.0f)), epsilon = b.constant(Tensor::scalar(1e-5f));
  const ValueId x = b.gemm(b.input({1, 8}), 8, 8);
  using Ints = std::vector<std::int64_t>;
  const ValueId off = b.node("Sub", {x, b.node("ReduceMean", {x}, {{"axes", Ints{1}}})});
  const ValueId variance = b.node("ReduceMean", {b.node("Pow", {off, two})}, {{"axes", Ints{1}}});
  const ValueId y = b.node("Div", {off, b.node("Sqrt", {b.add(variance, epsilon)})});
  EXPECT_EQ(float_types(b.finish(b.gemm(y, 8, 4))), (std::set<std::string>{"Add", "Div", "Pow", "ReduceMean", "Sqrt", "Sub"}));
}

TEST(FloatIslands, AreNoneBetweenLayers) {
  EXPECT_TRUE(float_types(residual_network(1, false)).empty());
}

// What is excluded is the named node alone.
TEST(FloatIslands, AreNotMadeByExcludingALayer) {
  EXPECT_EQ(float_types(residual_network(1, false), {.exclude = {"gemm*"}}), std::set<std::string>{"Gemm"});
}
