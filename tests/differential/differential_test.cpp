// Random networks (make_graphs.py) against ONNX Runtime, in float32: fusions, layouts and shared memory across operators,
// which single-node tests do not reach.
#include <cstring>

#include "engine/session.h"
#include "operators/operator.h"
#include "support/case_folder.h"

namespace halftone {
namespace {

const std::filesystem::path kFolder = HALFTONE_BINARY_DIR "/differential_graphs";
constexpr int kFewestGraphs = 40;
constexpr double kOfLargest = 1e-4;  // tolerance, as a share of the largest |output|

double largest(const Tensor& tensor) {
  double most = 0;
  for (float x : to_floats(tensor)) most = std::max(most, std::abs(static_cast<double>(x)));
  return most;
}

bool same_bytes(const Tensor& a, const Tensor& b) {
  return a.type() == b.type() && a.shape() == b.shape() && std::memcmp(a.data(), b.data(), a.bytes()) == 0;
}

class DifferentialTest : public testing::TestWithParam<std::string> {
 protected:
  const test::Case network = test::read_case(kFolder / GetParam());

  std::vector<Tensor> run(Session& session) { return session.run(network.inputs); }

  // What failed, for a person: the graph and which implementation each node got.
  std::string plan(Session& session) {
    std::vector<Shape> shapes;
    for (const Tensor& input : network.inputs) shapes.push_back(input.shape());
    std::string text = dump(network.graph);
    for (const StepReport& step : session.explain(shapes)) {
      text += fmt::format("{}: {} ({})\n", step.node, step.implementation, step.declined);
    }
    return text;
  }
};

TEST_P(DifferentialTest, EqualsOnnxRuntime) {
  check_supported(network.graph, GetParam());
  Session session(network.graph, Arithmetic::float32, /*threads=*/1);
  const std::vector<Tensor> outputs = run(session);
  ASSERT_EQ(outputs.size(), network.outputs.size());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const test::Tolerance tolerance{.absolute = kOfLargest * largest(network.outputs[i])};
    EXPECT_EQ(test::difference(outputs[i], network.outputs[i], tolerance), "") << "output " << i << " of\n" << plan(session);
  }
}

TEST_P(DifferentialTest, GivesTheSameBytesWithTwoThreads) {
  Session one(network.graph, Arithmetic::float32, /*threads=*/1), two(network.graph, Arithmetic::float32, /*threads=*/2);
  const std::vector<Tensor> expected = run(one);
  for (const char* which : {"first", "second"}) {
    const std::vector<Tensor> outputs = run(two);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_TRUE(same_bytes(outputs[i], expected[i])) << "output " << i << " of the " << which << " run with 2 threads: "
          << test::difference(outputs[i], expected[i], {}) << "\n" << plan(two);
    }
  }
}

// A value that a tap watches is computed and kept, so that fusions give way; the outputs must not notice.
TEST_P(DifferentialTest, GivesTheSameOutputsWhenEveryValueIsTapped) {
  std::vector<ValueId> all;
  for (ValueId id : network.graph.values()) {
    if (!network.graph.value(id).is_constant()) all.push_back(id);
  }
  Session session(network.graph, Arithmetic::float32, /*threads=*/2, all);
  int seen = 0;
  const std::vector<Tensor> outputs = session.run(network.inputs, [&](const TapView&) { ++seen; });
  EXPECT_GT(seen, 0);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const test::Tolerance tolerance{.absolute = kOfLargest * largest(network.outputs[i])};
    EXPECT_EQ(test::difference(outputs[i], network.outputs[i], tolerance), "") << "output " << i << " of\n" << plan(session);
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, DifferentialTest, testing::ValuesIn(test::case_names(kFolder)),
                         [](const auto& info) { return info.param; });

TEST(DifferentialGraphs, AreThere) {
  EXPECT_GE(test::case_names(kFolder).size(), kFewestGraphs)
      << kFolder << " is missing or incomplete: run tests/differential/make_graphs.py, or ctest";
}

}  // namespace
}  // namespace halftone
