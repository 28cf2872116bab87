// What halftone evaluate, run and inspect promise.
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/models.h"
#include "tensor/npz.h"

namespace halftone::test {
namespace {

using Json = nlohmann::json;

class Evaluate : public CommandTest {
 protected:
  void SetUp() override {
    write_net(path("net.onnx"));
    write_inputs(path("x.npy"), 7);
    write_labels(path("labels.npy"), {0, 1, 2, 3, 4, 0, 1});
  }

  Json result(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--json", "-"});
    const Outcome outcome = halftone(arguments);
    EXPECT_EQ(outcome.status, 0) << outcome;
    EXPECT_EQ(outcome.err, "");
    return Json::parse(outcome.out, nullptr, false);
  }
  void quantize() const {
    ASSERT_EQ(halftone({"quantize", "net.onnx", "--data", "x.npy", "-o", "out.onnx", "--quiet"}).status, 0);
  }
};

TEST_F(Evaluate, JsonHasTheKeysThatStay) {
  const Json json = result({"evaluate", "net.onnx", "--data", "x.npy", "--labels", "labels.npy", "--reference", "net.onnx"});
  EXPECT_EQ(json["model"], "net.onnx");
  EXPECT_EQ(json["as"], "simulated");
  EXPECT_EQ(json["samples"], 7);
  EXPECT_TRUE(json["top1"].is_number());
  EXPECT_EQ(json["top5"], 100);  // of five classes
  EXPECT_EQ(json["reference"]["model"], "net.onnx");
  EXPECT_EQ(json["reference"]["same_top1"], 100);
  EXPECT_EQ(json["reference"]["kl"], 0);
  EXPECT_TRUE(json["reference"]["sqnr_db"].is_null());  // equal: infinite
  for (const char* key : {"seconds", "samples_per_second", "peak_memory_bytes"}) EXPECT_GT(json[key], 0) << key;
}

TEST_F(Evaluate, WithoutLabelsAccuracyIsNull) {
  const Json json = result({"evaluate", "net.onnx", "--data", "x.npy"});
  ASSERT_TRUE(json.contains("top1") && json.contains("top5"));
  EXPECT_TRUE(json["top1"].is_null() && json["top5"].is_null());
  EXPECT_FALSE(json.contains("reference"));
}

TEST_F(Evaluate, AnyBatchGivesTheSameFigures) {
  const auto figures = [&](const std::string& model, const std::string& samples) {
    Json json = result({"evaluate", model, "--data", "x.npy", "--labels", "labels.npy", "--samples", samples, "--reference", "net.onnx"});
    return Json{json["samples"], json["top1"], json["top5"], json["reference"]["kl"]};
  };
  for (const std::int64_t batch : {1, 4}) {
    write_net(path("fixed.onnx"), {.batch = batch});
    for (const char* samples : {"3", "7"}) EXPECT_EQ(figures("fixed.onnx", samples), figures("net.onnx", samples)) << batch << " " << samples;
  }
  write_net(path("four.onnx"), {.batch = 4});  // a reference of another batch than the model's
  EXPECT_EQ(result({"evaluate", "net.onnx", "--data", "x.npy", "--reference", "four.onnx"})["reference"]["kl"], 0);
}

TEST_F(Evaluate, AsFloatLeavesActivationsAlone) {
  quantize();
  const auto sqnr = [&](const std::string& as) {
    return result({"evaluate", "out.onnx", "--data", "x.npy", "--reference", "net.onnx", "--as", as})["reference"]["sqnr_db"].get<double>();
  };
  EXPECT_GT(sqnr("float"), sqnr("simulated") + 1);
}

TEST_F(Evaluate, SimulatesTheTargetThatTheFileNames) {
  std::string toml = read_text(HALFTONE_SOURCE_DIR "/src/targets/onnxruntime.toml");
  toml.replace(toml.find("\"onnxruntime\""), std::string("\"onnxruntime\"").size(), "\"phone\"");
  folder_.write("phone.toml", toml);
  const std::vector<std::string> evaluate = {"evaluate", "out.onnx", "--data", "x.npy"};
  const auto with = [](std::vector<std::string> arguments, const std::vector<std::string>& more) {
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  };
  EXPECT_EQ(result({"evaluate", "net.onnx", "--data", "x.npy"})["target"], "onnxruntime");
  ASSERT_EQ(halftone({"quantize", "net.onnx", "--data", "x.npy", "-o", "out.onnx", "--target", "generic"}).status, 0);
  EXPECT_EQ(result(evaluate)["target"], "generic");
  EXPECT_EQ(result(with(evaluate, {"--target", "onnxruntime"}))["target"], "onnxruntime");
  ASSERT_EQ(halftone({"quantize", "net.onnx", "--data", "x.npy", "-o", "out.onnx", "--target", "phone.toml"}).status, 0);
  EXPECT_EQ(result(with(evaluate, {"--target", "phone.toml"}))["target"], "phone");
  EXPECT_THAT(halftone(evaluate).err, ::testing::AllOf(::testing::HasSubstr("made for the target 'phone'"), ::testing::HasSubstr("--target")));
  EXPECT_EQ(halftone(with(evaluate, {"--target", "toaster"})).status, 2);
}

TEST_F(Evaluate, QuietPrintsNothing) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"evaluate", "net.onnx", "--data", "x.npy", "--quiet"},
                                                    {"run", "net.onnx", "--data", "x.npy", "-o", "outputs", "--quiet"},
                                                    {"inspect", "net.onnx", "--quiet"}}) {
    const Outcome outcome = halftone(arguments);
    EXPECT_EQ(outcome.status, 0);
    EXPECT_EQ(outcome.out + outcome.err, "") << arguments[0];
  }
}

TEST_F(Evaluate, RunWritesOneFileASampleWithOutputsAndValuesByName) {
  for (const std::int64_t batch : {0, 4}) {
    write_net(path("model.onnx"), {.batch = batch});
    const Outcome outcome = halftone({"run", "model.onnx", "--data", "x.npy", "-o", "outputs", "--skip", "2", "--values", "conv*", "--values", "relu1_out"});
    EXPECT_EQ(outcome.status, 0) << outcome;
    const std::map<std::string, Tensor> arrays = read_npz(path("outputs/sample_000006.npz"));
    ASSERT_EQ(arrays.size(), 4u);
    EXPECT_EQ(arrays.at("y").shape(), (Shape{1, 5}));
    const Tensor &before = arrays.at("conv1_out"), &after = arrays.at("relu1_out");
    EXPECT_EQ(before.shape(), (Shape{1, 4, 8, 8}));
    EXPECT_EQ(arrays.at("conv2_out").shape(), (Shape{1, 4, 8, 8}));
    for (std::int64_t i = 0; i < before.size(); ++i) {
      const auto at = static_cast<std::size_t>(i);
      EXPECT_EQ(after.values<float>()[at], std::max(before.values<float>()[at], 0.0f));
    }
    EXPECT_FALSE(std::filesystem::exists(path("outputs/sample_000001.npz")));
    EXPECT_TRUE(std::filesystem::exists(path("outputs/sample_000002.npz")));
    EXPECT_FALSE(std::filesystem::exists(path("outputs/sample_000007.npz")));
    std::filesystem::remove_all(path("outputs"));
  }
}

TEST_F(Evaluate, RunNamesFilesAsTheFeedsAndWritesJson) {
  std::filesystem::create_directory(path("feeds"));
  write_npz(path("feeds/one.npz"), {{"x", normal_tensor({1, 3, 8, 8}, "one")}});
  write_npz(path("feeds/three.npz"), {{"x", normal_tensor({3, 3, 8, 8}, "three")}});
  const Json json = result({"run", "net.onnx", "--data", "feeds", "-o", "outputs"});
  EXPECT_EQ(json["samples"], 2);
  EXPECT_EQ(json["output"], "outputs");
  EXPECT_EQ(read_npz(path("outputs/one.npz")).at("y").shape(), (Shape{1, 5}));
  EXPECT_EQ(read_npz(path("outputs/three.npz")).at("y").shape(), (Shape{3, 5}));
}

// Feeds of one, two and four rows are the same seven samples.
TEST_F(Evaluate, EveryRowOfAFeedCounts) {
  quantize();
  std::filesystem::create_directory(path("feeds"));
  const NpyFile all(path("x.npy"));
  for (const auto& [first, count] : {std::pair{0, 1}, {1, 2}, {3, 4}}) {
    write_npz(path(fmt::format("feeds/{}.npz", first)), {{"x", all.read_rows(first, count)}});
  }
  const auto figures = [&](const std::string& data) {
    return result({"evaluate", "out.onnx", "--data", data, "--reference", "net.onnx"})["reference"]["sqnr_db"].get<double>();
  };
  EXPECT_NEAR(figures("feeds"), figures("x.npy"), 1e-3);
  const auto scales = [&](const std::string& data) {
    std::map<std::string, double> by_name;
    const Json report = result({"quantize", "net.onnx", "--data", data, "-o", "again.onnx", "--activation-range", "minmax"});
    for (const Json& value : report["values"]) {
      if (value["scale"].is_number()) by_name[value["name"]] = value["scale"];
    }
    return by_name;
  };
  const std::map<std::string, double> feeds = scales("feeds"), rows = scales("x.npy");
  ASSERT_EQ(feeds.size(), rows.size());
  for (const auto& [name, scale] : rows) EXPECT_NEAR(feeds.at(name) / scale, 1, 1e-5) << name;
  const Outcome labelled = halftone({"evaluate", "net.onnx", "--data", "feeds", "--labels", "labels.npy"});
  EXPECT_EQ(labelled.status, 1) << labelled;
  EXPECT_THAT(labelled.err, ::testing::HasSubstr("one sample a file"));
}

TEST_F(Evaluate, InspectCountsWhatTheFileHolds) {
  const Json json = result({"inspect", "net.onnx"});
  EXPECT_EQ(json["opset"], 13);
  EXPECT_EQ(json["nodes"], 6);
  EXPECT_EQ(json["operators"], (Json{{"Conv", 2}, {"Flatten", 1}, {"Gemm", 1}, {"GlobalAveragePool", 1}, {"Relu", 1}}));
  EXPECT_EQ(json["parameters"], 4 * 27 + 4 + 4 * 36 + 5 * 4 + 5);
  EXPECT_EQ(json["inputs"], Json::parse(R"([{"name": "x", "type": "float32", "shape": ["N", 3, 8, 8]}])"));
  EXPECT_EQ(json["outputs"], Json::parse(R"([{"name": "y", "type": "float32", "shape": ["N", 5]}])"));
  EXPECT_EQ(json["unsupported"], Json::array());
}

}  // namespace
}  // namespace halftone::test
