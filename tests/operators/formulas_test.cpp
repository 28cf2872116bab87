// Operators that ONNX's node tests leave out, on closed forms.
#include <cmath>

#include "support/pass_runner.h"

using namespace halftone;
using namespace halftone::test;

TEST(GlobalLpPool, IsTheRootOfTheSumOfPowers) {
  NetBuilder b;
  const ValueId x = b.input({1, 2, 2, 2});
  const Graph graph = b.finish(b.node("GlobalLpPool", {x}, {{"p", std::int64_t{3}}}));
  const std::vector<float> y = run_float(graph, Tensor::from<float>({1, 2, 2, 2}, {1, -2, 3, 0, 2, 2, -2, 2}));
  EXPECT_NEAR(y[0], std::cbrt(1.0 + 8 + 27), 1e-6);
  EXPECT_NEAR(y[1], std::cbrt(4.0 * 8), 1e-6);
}

TEST(Scaler, MovesAndScalesEachFeature) {
  NetBuilder b;
  const ValueId x = b.input({2, 3});
  Graph graph = b.finish(b.node("Scaler", {x}, {{"offset", std::vector<float>{1, 2, 3}}, {"scale", std::vector<float>{10, 1, 0.5f}}}));
  for (NodeId id : graph.nodes()) graph.edit(id).domain = "ai.onnx.ml";
  EXPECT_EQ(run_float(graph, Tensor::from<float>({2, 3}, {1, 2, 3, 2, 4, 6})), (std::vector<float>{0, 0, 0, 10, 2, 1.5f}));
}
