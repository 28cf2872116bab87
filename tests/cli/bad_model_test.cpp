// Files that are no usable model: exit status 1, one line that says what, where and the numbers; nothing is written.
#include "cli/command.h"
#include "cli/models.h"

namespace halftone::test {
namespace {

class BadModel : public CommandTest {
 protected:
  void SetUp() override { write_inputs(path("x.npy"), 2); }

  // Every subcommand refuses the file in the same words.
  void expect_unreadable(const std::string& model, const std::vector<std::string>& parts) const {
    expect_failure({"inspect", model}, parts);
    expect_unusable(model, parts);
  }
  // Every subcommand that runs it does; inspect may look at it.
  void expect_unusable(const std::string& model, const std::vector<std::string>& parts) const {
    expect_failure({"evaluate", model, "--data", "x.npy"}, parts);
    expect_failure({"quantize", model, "--data", "x.npy", "-o", "out.onnx"}, parts);
  }
};

TEST_F(BadModel, NotAnOnnxFile) {
  folder_.write("text.onnx", "This is no network.\n");
  folder_.write("zero.onnx", "");
  folder_.write("zeros.onnx", std::string(1000, '\0'));
  std::filesystem::create_directory(path("folder.onnx"));
  expect_unreadable("text.onnx", {"text.onnx", "is not an ONNX model", "20 bytes"});
  expect_unreadable("zero.onnx", {"zero.onnx", "empty", "0 bytes"});
  expect_unreadable("zeros.onnx", {"zeros.onnx", "is not an ONNX model"});
  expect_unreadable("folder.onnx", {"folder.onnx", "is a directory", "give a file"});
  expect_unreadable("missing.onnx", {"missing.onnx", "No such file"});
}

TEST_F(BadModel, TruncatedAnywhere) {
  write_net(path("net.onnx"));
  const std::string whole = read_text(path("net.onnx"));
  for (const std::size_t part : {1u, 3u, 10u, 50u, 90u, 94u}) {
    folder_.write("cut.onnx", std::string_view(whole).substr(0, whole.size() * part / 100));
    SCOPED_TRACE(part);
    expect_failure({"inspect", "cut.onnx"}, {"cut.onnx"});
    expect_failure({"quantize", "cut.onnx", "--data", "x.npy", "-o", "out.onnx"}, {"cut.onnx"});
  }
}

TEST_F(BadModel, DeclaresThreeGigabytesInOneKilobyte) {
  write_changed_net(path("raw.onnx"), [](onnx::ModelProto& model) { initializer(model, "conv1.weight").set_dims(0, 28'000'000); });
  expect_unreadable("raw.onnx", {"raw.onnx", "'conv1.weight'", "3024000000 bytes", "432"});
  write_changed_net(path("typed.onnx"), [](onnx::ModelProto& model) {
    onnx::TensorProto& weight = initializer(model, "conv1.weight");
    weight.set_dims(0, 28'000'000);
    weight.clear_raw_data();
    weight.add_float_data(1);
  });
  expect_unreadable("typed.onnx", {"typed.onnx", "'conv1.weight'", "756000000", "1"});
  write_changed_net(path("overflow.onnx"), [](onnx::ModelProto& model) {
    for (int i = 0; i < 4; ++i) initializer(model, "conv1.weight").set_dims(i, std::int64_t{1} << 40);
  });
  expect_unreadable("overflow.onnx", {"overflow.onnx", "'conv1.weight'"});
  write_changed_net(path("negative.onnx"), [](onnx::ModelProto& model) { initializer(model, "conv1.weight").set_dims(0, -4); });
  expect_unreadable("negative.onnx", {"negative.onnx", "'conv1.weight'", "-4"});
  // A length-delimited graph (field 7) that claims 3,000,000,000 bytes, and one hidden in a tensor's raw_data.
  folder_.write("lie.onnx", std::string("\x08\x08\x3a\x80\xbc\xc1\x96\x0b", 8) + std::string(1000, '\x01'));
  expect_unreadable("lie.onnx", {"lie.onnx", "damaged or truncated"});
  folder_.write("inner.onnx", std::string("\x08\x08\x3a\x08\x2a\x06\x4a\x80\xbc\xc1\x96\x0b", 12));
  expect_unreadable("inner.onnx", {"inner.onnx", "damaged or truncated"});
}

TEST_F(BadModel, AFileCutBehindTheGraphStatesNoOpset) {
  write_changed_net(path("net.onnx"), [](onnx::ModelProto& model) { model.clear_opset_import(); });
  expect_unreadable("net.onnx", {"net.onnx", "no opset", "IR version 8", "truncated"});
}

TEST_F(BadModel, AnInputOfGigabytesIsNotAllocated) {
  write_changed_net(path("input.onnx"), [](onnx::ModelProto& model) {
    auto* shape = model.mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape();
    shape->mutable_dim(2)->set_dim_value(100'000'000);
  });
  expect_unusable("input.onnx", {"[N, 3, 100000000, 8]"});
}

TEST_F(BadModel, ACycle) {
  write_changed_net(path("cycle.onnx"), [](onnx::ModelProto& model) { node(model, "conv2").set_input(0, "flat_out"); });
  expect_unreadable("cycle.onnx", {"cycle.onnx", "cycle", "'conv2'"});
  write_changed_net(path("self.onnx"), [](onnx::ModelProto& model) { node(model, "relu1").set_input(0, "relu1_out"); });
  expect_unreadable("self.onnx", {"self.onnx", "cycle", "'relu1'"});
}

TEST_F(BadModel, AMissingInitializerOrOutput) {
  write_changed_net(path("missing.onnx"), [](onnx::ModelProto& model) { initializer(model, "conv2.weight").set_name("other"); });
  expect_unreadable("missing.onnx", {"missing.onnx", "'conv2'", "'conv2.weight'", "no initializer"});
  write_changed_net(path("output.onnx"), [](onnx::ModelProto& model) { model.mutable_graph()->mutable_output(0)->set_name("z"); });
  expect_unreadable("output.onnx", {"output.onnx", "'z'"});
  write_changed_net(path("twice.onnx"), [](onnx::ModelProto& model) { node(model, "conv2").set_output(0, "relu1_out"); });
  expect_unreadable("twice.onnx", {"twice.onnx", "'relu1_out'", "twice"});
}

TEST_F(BadModel, WrongRanksAndShapesNameFileAndNode) {
  write_changed_net(path("rank.onnx"), [](onnx::ModelProto& model) {
    onnx::TensorProto& weight = initializer(model, "conv1.weight");
    weight.clear_dims();
    for (int size : {4, 3, 9}) weight.add_dims(size);
  });
  expect_unusable("rank.onnx", {"rank.onnx", "'conv1'", "[4, 3, 9]"});
  write_changed_net(path("fit.onnx"), [](onnx::ModelProto& model) {
    onnx::TensorProto& weight = initializer(model, "fc.weight");
    weight.set_dims(0, 10);
    weight.set_dims(1, 2);
  });
  expect_unusable("fit.onnx", {"fit.onnx", "'fc'", "[10, 2]"});
}

TEST_F(BadModel, WeightsThatAreNoNumbers) {
  for (const float bad : {std::nanf(""), INFINITY, -INFINITY}) {
    write_changed_net(path("bad.onnx"), [&](onnx::ModelProto& model) {
      std::memcpy(initializer(model, "conv1.weight").mutable_raw_data()->data() + 5 * sizeof(float), &bad, sizeof bad);
    });
    expect_unusable("bad.onnx", {"bad.onnx", "'conv1.weight'", std::isnan(bad) ? "nan" : "inf", "position 5"});
  }
}

TEST_F(BadModel, LayersWithoutWeightsAreNoLayers) {
  for (const Shape& shape : {Shape{0, 4}, Shape{3, 0}}) {
    Graph graph;
    graph.file.opsets[""] = 13;
    const ValueId x = graph.add_value("x"), y = graph.add_value("y");
    graph.edit(x).dims = {{-1, "N"}, {shape[0], ""}};
    graph.add_input(x);
    add_node(graph, "MatMul", "empty", {x, graph.add_constant("w", Tensor(DataType::float32, shape))}, y);
    graph.add_output(y);
    write_onnx(graph, path("empty.onnx"));
    write_npy(path("rows.npy"), normal_tensor({5, shape[0]}, "rows"));
    for (const char* memory : {"300M", "8G"}) {
      expect_failure({"quantize", "empty.onnx", "--data", "rows.npy", "-o", "out.onnx", "--max-memory", memory}, {"empty.onnx", "nothing was quantized"});
    }
  }
}

TEST_F(BadModel, UnknownOperatorsAreListedAllAtOnce) {
  write_changed_net(path("unknown.onnx"), [](onnx::ModelProto& model) {
    node(model, "relu1").set_op_type("RandomNormalLike");
    node(model, "pool").set_op_type("Bernoulli");
    node(model, "flatten").set_domain("com.example");
  });
  const std::vector<std::string> parts = {"unknown.onnx", "3 of its nodes", "RandomNormalLike", "'relu1'", "Bernoulli", "'pool'", "com.example.Flatten", "'flatten'"};
  expect_unusable("unknown.onnx", parts);
  expect_failure({"quantize", "unknown.onnx", "--dry-run"}, parts);
  const Outcome outcome = halftone({"inspect", "unknown.onnx"});
  EXPECT_EQ(outcome.status, 0);
  for (const char* part : {"RandomNormalLike", "relu1", "Bernoulli", "pool"}) EXPECT_THAT(outcome.out, ::testing::HasSubstr(part));
}

TEST_F(BadModel, ExternalDataOutsideTheFolderIsRefusedByName) {
  write_changed_net(path("external.onnx"), [](onnx::ModelProto& model) {
    onnx::TensorProto& weight = initializer(model, "fc.weight");
    weight.clear_raw_data();
    weight.set_data_location(onnx::TensorProto::EXTERNAL);
    auto* entry = weight.add_external_data();
    entry->set_key("location");
    entry->set_value("../../etc/passwd");
  });
  expect_unreadable("external.onnx", {"external.onnx", "'fc.weight'", "'../../etc/passwd'", "outside the model's folder"});
}

}  // namespace
}  // namespace halftone::test
