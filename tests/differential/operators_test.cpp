// Single operators (make_operators.py) against ONNX Runtime, in float32, with their inputs at run time and as constants.
#include "engine/session.h"
#include "operators/operator.h"
#include "support/case_folder.h"

namespace halftone {
namespace {

const std::filesystem::path kFolder = HALFTONE_BINARY_DIR "/differential_operators";
constexpr int kFewestCases = 80;
constexpr test::Tolerance kTolerance{.absolute = 2e-5, .relative = 1e-4};

class OperatorTest : public testing::TestWithParam<std::string> {
 protected:
  const test::Case node = test::read_case(kFolder / GetParam());

  void expect_outputs(const Graph& graph, const std::vector<Tensor>& inputs) {
    const std::vector<Tensor> outputs = Session(graph, Arithmetic::float32, /*threads=*/1).run(inputs);
    ASSERT_EQ(outputs.size(), node.outputs.size());
    for (std::size_t i = 0; i < outputs.size(); ++i) EXPECT_EQ(test::difference(outputs[i], node.outputs[i], kTolerance), "") << "output " << i;
  }
};

TEST_P(OperatorTest, EqualsOnnxRuntime) { expect_outputs(node.graph, node.inputs); }

TEST_P(OperatorTest, EqualsItWithConstantInputs) {
  Graph graph = node.graph;
  const std::vector<ValueId> ids = graph.inputs();
  for (std::size_t i = 0; i < ids.size(); ++i) graph.bind_input(ids[i], node.inputs[i]);
  expect_outputs(graph, {});
}

INSTANTIATE_TEST_SUITE_P(Cases, OperatorTest, testing::ValuesIn(test::case_names(kFolder)), [](const auto& info) { return info.param; });

TEST(DifferentialOperators, AreThere) {
  EXPECT_GE(test::case_names(kFolder).size(), kFewestCases) << kFolder << " is missing or incomplete: run tests/differential/make_operators.py, or ctest";
}

}  // namespace
}  // namespace halftone
