// Weights in a file beside the model. How such files may be broken: tests/cli/malformed_models_test.cpp.
#include <gtest/gtest.h>
#include <onnx-ml.pb.h>

#include <fstream>
#include <set>

#include "formats/onnx/onnx.h"
#include "support/net_builder.h"
#include "support/temporary_folder.h"

namespace halftone::test {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kSmall = 100;  // more than that goes into two files

onnx::ModelProto parsed(const fs::path& file) {
  onnx::ModelProto model;
  std::ifstream stream(file, std::ios::binary);
  EXPECT_TRUE(model.ParseFromIstream(&stream));
  return model;
}

std::string entry(const onnx::TensorProto& tensor, const std::string& key) {
  for (const auto& e : tensor.external_data()) {
    if (e.key() == key) return e.value();
  }
  return "";
}

std::set<std::string> names_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& file : fs::directory_iterator(folder)) names.insert(file.path().filename().string());
  return names;
}

Graph wide_net() {
  NetBuilder b;
  return b.finish(b.gemm(b.relu(b.gemm(b.input({1, 64}), 64, 65)), 65, 3));
}

TEST(ExternalData, AModelThatIsTooLargeGetsItsWeightsInASecondFile) {
  const TemporaryFolder folder;
  const Graph graph = wide_net();
  write_onnx(graph, ModelFiles(folder / "net.onnx"), kSmall);
  EXPECT_EQ(names_in(folder.path()), (std::set<std::string>{"net.onnx", "net.onnx.data"}));
  int outside = 0;
  const onnx::ModelProto model = parsed(folder / "net.onnx");
  for (const auto& tensor : model.graph().initializer()) {
    const bool is_outside = tensor.data_location() == onnx::TensorProto::EXTERNAL;
    EXPECT_EQ(is_outside, tensor.dims_size() == 2 && tensor.dims(0) == 65) << tensor.name();
    if (!is_outside) continue;
    ++outside;
    EXPECT_FALSE(tensor.has_raw_data());
    EXPECT_EQ(entry(tensor, "location"), "net.onnx.data");
    EXPECT_EQ(std::stoll(entry(tensor, "offset")) % 4096, 0);
    EXPECT_EQ(std::stoll(entry(tensor, "length")), 65 * 64 * 4);
  }
  EXPECT_EQ(outside, 1);
  const Graph again = read_onnx(folder / "net.onnx");
  EXPECT_EQ(again.file.data_files, std::vector<fs::path>{fs::canonical(folder / "net.onnx.data")});
  for (ValueId id : graph.values()) {
    const Tensor* weight = graph.constant(id);
    if (weight != nullptr) EXPECT_EQ(to_floats(*again.constant(again.find_value(graph.value(id).name))), to_floats(*weight));
  }
}

TEST(ExternalData, WhatWasReadFromASecondFileIsWrittenIntoOneAgain) {
  const TemporaryFolder folder;
  write_onnx(wide_net(), ModelFiles(folder / "two.onnx"), kSmall);
  write_onnx(read_onnx(folder / "two.onnx"), folder / "one.onnx");
  EXPECT_EQ(names_in(folder.path()), (std::set<std::string>{"two.onnx", "two.onnx.data", "one.onnx"}));
  EXPECT_EQ(dump(read_onnx(folder / "one.onnx")), dump(wide_net()));
}

TEST(ExternalData, NothingIsLeftWhereASecondFileCannotBeWritten) {
  const TemporaryFolder folder;
  folder.write("net.onnx", "before");
  fs::create_directories(folder / "net.onnx.data/inner");
  const std::string message = message_of([&] { write_onnx(wide_net(), ModelFiles(folder / "net.onnx"), kSmall); });
  EXPECT_EQ(message.find((folder / "net.onnx.data").string()), 0u) << message;
  EXPECT_EQ(names_in(folder.path()), (std::set<std::string>{"net.onnx", "net.onnx.data"}));
  EXPECT_EQ(read_text(folder / "net.onnx"), "before");
}

// The model of a cache: links from a folder with names into one with contents.
TEST(ExternalData, AModelThatIsALinkReadsBesideItselfAndBesideTheLink) {
  const TemporaryFolder folder;
  fs::create_directories(folder / "blobs");
  fs::create_directories(folder / "named");
  write_onnx(wide_net(), ModelFiles(folder / "blobs/net.onnx"), kSmall);
  fs::rename(folder / "blobs/net.onnx", folder / "blobs/1234");
  fs::rename(folder / "blobs/net.onnx.data", folder / "blobs/5678");
  fs::create_symlink("../blobs/1234", folder / "named/net.onnx");
  fs::create_symlink("../blobs/5678", folder / "named/net.onnx.data");
  EXPECT_EQ(dump(read_onnx(folder / "named/net.onnx")), dump(wide_net()));
}

struct Placed {
  std::vector<std::pair<std::string, std::string>> entries;
  onnx::TensorProto::DataType type = onnx::TensorProto::FLOAT;
};

// y = Identity(w), w: 3 numbers in "w.bin".
std::vector<float> read_placed(const Placed& placed, const std::string& bytes) {
  const TemporaryFolder folder;
  onnx::ModelProto model;
  model.set_ir_version(10);
  model.add_opset_import()->set_version(21);
  onnx::GraphProto& graph = *model.mutable_graph();
  auto& node = *graph.add_node();
  node.set_op_type("Identity");
  node.add_input("w");
  node.add_output("y");
  graph.add_output()->set_name("y");
  onnx::TensorProto& w = *graph.add_initializer();
  w.set_name("w");
  w.set_data_type(placed.type);
  w.add_dims(3);
  w.set_data_location(onnx::TensorProto::EXTERNAL);
  for (const auto& [key, value] : placed.entries) {
    auto* e = w.add_external_data();
    e->set_key(key);
    e->set_value(value);
  }
  folder.write("w.bin", bytes);
  const Graph read = read_onnx(folder.write("net.onnx", model.SerializeAsString()));
  return to_floats(*read.constant(read.find_value("w")));
}

std::string bytes_of(const std::vector<float>& values) { return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)}; }

TEST(ExternalData, OffsetAndLengthMayBeLeftOutAndOtherKeysAreIgnored) {
  const std::vector<float> wanted = {1, 2, 3};
  EXPECT_EQ(read_placed({{{"location", "w.bin"}}}, bytes_of({1, 2, 3})), wanted);
  EXPECT_EQ(read_placed({{{"location", "./w.bin"}, {"offset", "4"}}}, bytes_of({0, 1, 2, 3, 4})), wanted);
  EXPECT_EQ(read_placed({{{"checksum", "of something else"}, {"length", "12"}, {"offset", "8"}, {"location", "w.bin"}}}, bytes_of({8, 9, 1, 2, 3})), wanted);
}

TEST(ExternalData, FourBitsArePackedThereToo) {
  EXPECT_EQ(read_placed({{{"location", "w.bin"}, {"offset", "1"}, {"length", "2"}}, onnx::TensorProto::INT4}, "\x77\xE1\x07"), (std::vector<float>{1, -2, 7}));
}

}  // namespace
}  // namespace halftone::test
