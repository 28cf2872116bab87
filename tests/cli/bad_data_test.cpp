// Samples and labels that cannot be used.
#include "cli/command.h"
#include "cli/models.h"

namespace halftone::test {
namespace {

class BadData : public CommandTest {
 protected:
  void SetUp() override { write_net(path("net.onnx")); }

  void expect_bad_data(const std::string& data, const std::vector<std::string>& parts) const {
    expect_failure({"evaluate", "net.onnx", "--data", data}, parts);
    expect_failure({"quantize", "net.onnx", "--data", data, "-o", "out.onnx"}, parts);
    expect_failure({"run", "net.onnx", "--data", data, "-o", "outputs"}, parts);
  }
  void expect_bad_labels(const std::string& data, const std::string& labels, const std::vector<std::string>& parts) const {
    expect_failure({"evaluate", "net.onnx", "--data", data, "--labels", labels}, parts);
  }
};

TEST_F(BadData, FoldersWithoutPictures) {
  std::filesystem::create_directory(path("empty"));
  expect_bad_data("empty", {"empty", "no JPEG or PNG", ".npz"});
  expect_bad_data("missing", {"missing", "does not exist"});
  std::filesystem::create_directory(path("text"));
  folder_.write("text/cat.jpg", "no picture at all\n");
  expect_failure({"evaluate", "net.onnx", "--data", "text"}, {"text/cat.jpg", "not a JPEG or PNG", "text"});
  expect_failure({"quantize", "net.onnx", "--data", "text", "-o", "out.onnx"}, {"text/cat.jpg", "not a JPEG or PNG"});
  folder_.write("words.txt", "words");
  expect_bad_data("words.txt", {"words.txt", "not a kind of data"});
}

TEST_F(BadData, ArraysOfAnotherShapeOrKind) {
  write_inputs(path("wide.npy"), 2, 9);
  expect_bad_data("wide.npy", {"wide.npy", "[2, 3, 9, 9]", "'x'", "[N, 3, 8, 8]"});
  write_npy(path("flat.npy"), normal_tensor({4, 10}, "flat"));
  expect_bad_data("flat.npy", {"flat.npy", "[4, 10]", "'x'"});
  write_inputs(path("x.npy"), 2);
  const std::string whole = read_text(path("x.npy"));
  folder_.write("cut.npy", std::string_view(whole).substr(0, 300));
  expect_bad_data("cut.npy", {"cut.npy"});
  folder_.write("none.npy", "");
  expect_bad_data("none.npy", {"none.npy", "empty"});
  write_npy(path("zero.npy"), Tensor(DataType::float32, {0, 3, 8, 8}));
  expect_bad_data("zero.npy", {"zero.npy", "no samples"});
  expect_failure({"evaluate", "net.onnx", "--data", "x.npy", "--skip", "2"}, {"x.npy", "2 samples", "--skip 2"});
  expect_usage_error({"evaluate", "net.onnx", "--data", "x.npy", "--mean", "3"}, {"x.npy", "--mean", "pictures"});
}

TEST_F(BadData, InputsThatAreNoNumbersAreNamed) {
  Tensor tensor = normal_tensor({2, 3, 8, 8}, "inputs");
  tensor.mutable_values<float>()[200] = std::nanf("");
  write_npy(path("nan.npy"), tensor);
  expect_failure({"quantize", "net.onnx", "--data", "nan.npy", "-o", "out.onnx"}, {"sample 1", "the input 'x'", "NaN or infinite", "check the data"});
}

TEST_F(BadData, ZerosAndInfinitiesStopTheCalibration) {  // case G3
  write_npy(path("zeros.npy"), Tensor(DataType::float32, {16, 3, 8, 8}));
  expect_failure({"quantize", "net.onnx", "--data", "zeros.npy", "-o", "out.onnx"}, {"input 'x' is 0 in all 16 samples", "check the data"});
  Tensor tensor = normal_tensor({16, 3, 8, 8}, "inputs");
  tensor.mutable_values<float>()[11 * 192 + 5] = 1000;
  write_npy(path("large.npy"), tensor);
  Graph graph = small_net();
  const ValueId x = graph.inputs()[0], power = graph.add_value("power");
  graph.replace_uses(x, power);
  add_node(graph, "Exp", "exp", {x}, power);
  write_onnx(graph, path("exp.onnx"));
  expect_failure({"quantize", "exp.onnx", "--data", "large.npy", "-o", "out.onnx"}, {"sample 11", "'power'", "NaN or infinite"});
}

TEST_F(BadData, LabelsThatDoNotMatch) {
  write_inputs(path("x.npy"), 4);
  write_labels(path("few.npy"), {0, 1, 2});
  expect_bad_labels("x.npy", "few.npy", {"few.npy", "3 classes", "4 samples"});
  write_labels(path("high.npy"), {0, 1, 2, 5});
  expect_bad_labels("x.npy", "high.npy", {"sample 3", "class 5", "'y'", "5 classes", "--labels"});
  expect_bad_labels("x.npy", "missing.npy", {"missing.npy", "does not exist"});
  folder_.write("labels.csv", "file,class\na.jpg,1\n");
  expect_bad_labels("x.npy", "labels.csv", {"labels.csv", "file name"});
  write_npy(path("real.npy"), normal_tensor({4}, "labels"));
  expect_bad_labels("x.npy", "real.npy", {"real.npy", "integers"});
}

}  // namespace
}  // namespace halftone::test
