// Networks in the forms that a file may give them (make_files.py): as ONNX Runtime computes them; and written in two files, the
// same when they are read back.
#include <cstring>

#include "engine/session.h"
#include "operators/operator.h"
#include "support/case_folder.h"
#include "support/temporary_folder.h"

namespace halftone {
namespace {

const std::filesystem::path kFolder = HALFTONE_BINARY_DIR "/model_files";

class ModelFilesTest : public testing::TestWithParam<std::string> {
 protected:
  const test::Case network = test::read_case(kFolder / GetParam());

  static std::vector<Tensor> run(const Graph& graph, const std::vector<Tensor>& inputs) { return Session(graph, Arithmetic::float32, 1).run(inputs); }
};

TEST_P(ModelFilesTest, MeanWhatOnnxRuntimeSays) {
  check_supported(network.graph, GetParam());
  const std::vector<Tensor> outputs = run(network.graph, network.inputs);
  ASSERT_EQ(outputs.size(), network.outputs.size());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    EXPECT_EQ(test::difference(outputs[i], network.outputs[i], {.absolute = 1e-4, .relative = 1e-5}), "") << "output " << i << " of\n" << dump(network.graph);
  }
}

TEST_P(ModelFilesTest, MeanTheSameWrittenInOneFileAndInTwo) {
  const test::TemporaryFolder folder;
  const std::vector<Tensor> expected = run(network.graph, network.inputs);
  for (const std::uint64_t largest : {kLargestModelFile, std::uint64_t{1}}) {
    write_onnx(network.graph, ModelFiles(folder / "net.onnx"), largest);
    const std::vector<Tensor> outputs = run(read_onnx(folder / "net.onnx"), network.inputs);
    ASSERT_EQ(outputs.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(std::memcmp(outputs[i].data(), expected[i].data(), expected[i].bytes()), 0) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Files, ModelFilesTest, testing::ValuesIn(test::case_names(kFolder)), [](const auto& info) { return info.param; });

TEST(ModelFiles, AreThere) {
  EXPECT_GE(test::case_names(kFolder).size(), 6u) << kFolder << " is missing or incomplete: run tests/differential/make_files.py, or ctest";
}

}  // namespace
}  // namespace halftone
