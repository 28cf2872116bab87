// A model whose weights lie in a file beside it.
#include "cli/command.h"
#include "cli/models.h"

namespace halftone::test {
namespace {

class TwoFiles : public CommandTest {
 protected:
  void SetUp() override {
    write_inputs(path("x.npy"), 4);
    write_onnx(small_net({.width = 16}), ModelFiles(path("net.onnx")), 1000);
    ASSERT_TRUE(std::filesystem::exists(path("net.onnx.data")));
  }
};

TEST_F(TwoFiles, AreReadAsOne) {
  write_onnx(small_net({.width = 16}), path("one.onnx"));
  for (const char* model : {"net", "one"}) {
    EXPECT_EQ(halftone({"quantize", std::string(model) + ".onnx", "--data", "x.npy", "-o", std::string(model) + ".int8.onnx"}).status, 0);
  }
  EXPECT_EQ(read_text(path("net.int8.onnx")), read_text(path("one.int8.onnx")));
  EXPECT_EQ(files().count("net.int8.onnx.data"), 0u) << "it fits into one file";
}

TEST_F(TwoFiles, AreBothTheModelThatIsNotWrittenOver) {
  expect_usage_error({"quantize", "net.onnx", "--data", "x.npy", "-o", "net.onnx.data"}, {"net.onnx.data", "holds weights of the model", "--output"});
  std::filesystem::create_hard_link(path("net.onnx.data"), path("out.onnx.data"));
  expect_usage_error({"quantize", "net.onnx", "--data", "x.npy", "-o", "out.onnx"}, {"out.onnx.data", "holds weights of the model", "--output"});
}

}  // namespace
}  // namespace halftone::test
