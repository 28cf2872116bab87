// What halftone quantize promises: the file, the report, and that the same input gives the same bytes.
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/models.h"

namespace halftone::test {
namespace {

using Json = nlohmann::json;

class Quantize : public CommandTest {
 protected:
  void SetUp() override {
    write_net(path("net.onnx"));
    write_inputs(path("x.npy"), 7);
  }

  Json quantize(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "quantize");
    arguments.insert(arguments.end(), {"--json", "-"});
    const Outcome outcome = halftone(arguments);
    EXPECT_EQ(outcome.status, 0) << outcome;
    return Json::parse(outcome.out, nullptr, false);
  }
};

TEST_F(Quantize, JsonHasTheKeysThatStay) {
  const Json json = quantize({"net.onnx", "--data", "x.npy", "-o", "out.onnx"});
  ASSERT_TRUE(json.is_object());
  EXPECT_EQ(json["model"], "net.onnx");
  EXPECT_EQ(json["output"], "out.onnx");
  EXPECT_EQ(json["target"], "onnxruntime");
  EXPECT_EQ(json["settings"]["weights"], "int8");
  EXPECT_EQ(json["bytes"]["float"], std::filesystem::file_size(path("net.onnx")));
  EXPECT_EQ(json["bytes"]["quantized"], std::filesystem::file_size(path("out.onnx")));
  ASSERT_EQ(json["passes"].size(), 12u);
  for (const char* key : {"name", "seconds", "kept", "kl", "sqnr_db", "notes"}) EXPECT_TRUE(json["passes"][0].contains(key)) << key;
  EXPECT_GE(json["values"].size(), 9u);
  for (const char* key : {"name", "bits", "scale", "zero_point", "sqnr_db"}) EXPECT_TRUE(json["values"][0].contains(key)) << key;
  for (const Json& value : json["values"]) EXPECT_GT(value["sqnr_db"], 20) << value["name"];  // weights as well as activations
  for (const char* key : {"float_layers", "warnings"}) EXPECT_TRUE(json[key].is_array()) << key;
  EXPECT_GT(json["figures"]["sqnr_db"], 20);
  EXPECT_GE(json["figures"]["kl"], 0);
  EXPECT_EQ(json["figures"]["same_top1"], 100);
  EXPECT_GT(json["seconds"], 0);
  EXPECT_GT(json["peak_memory_bytes"], 1'000'000);
}

TEST_F(Quantize, StaysWithinTheMemoryThatItAsksFor) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "sanitizers take memory of their own";
#endif
  for (const std::string rounding : {"fast", "nearest"}) {
    const std::vector<std::string> arguments = {"quantize", "net.onnx", "--data", "x.npy", "-o", "out.onnx", "--rounding", rounding, "--max-memory"};
    const auto with = [&](const std::string& size) {
      std::vector<std::string> all = arguments;
      all.push_back(size);
      return all;
    };
    const Outcome refused = halftone(with("1M"));
    EXPECT_EQ(refused.status, 1) << refused;
    EXPECT_FALSE(std::filesystem::exists(path("out.onnx")));
    const std::size_t at = refused.err.find("about ");
    ASSERT_NE(at, std::string::npos) << refused;
    const double megabytes = std::stod(refused.err.substr(at + 6));
    const std::string size = std::to_string(static_cast<int>(megabytes) + 1) + "M";
    std::vector<std::string> enough = with(size);
    const Json json = quantize({enough.begin() + 1, enough.end()});
    EXPECT_LE(json["peak_memory_bytes"], (megabytes + 1) * 1e6) << rounding;
    std::filesystem::remove(path("out.onnx"));
  }
}

TEST_F(Quantize, MemoryDoesNotGrowWithTheSamples) {  // case G5
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "sanitizers take memory of their own";
#endif
  write_inputs(path("many.npy"), 400);
  for (const std::string range : {"mse", "minmax", "mean-minmax", "percentile", "kl"}) {
    const auto peak = [&](const char* samples) {
      return quantize({"net.onnx", "--data", "many.npy", "--samples", samples, "-o", "out.onnx", "--activation-range", range})["peak_memory_bytes"].get<double>();
    };
    EXPECT_NEAR(peak("400") / peak("20"), 1, 0.05) << range;
  }
}

TEST_F(Quantize, WritesEncodingsAndTakesThemBack) {
  for (const std::string version : {"2.0.0", "1.0.0", "0.6.1"}) {
    quantize({"net.onnx", "--data", "x.npy", "-o", "a.onnx", "--encodings", "a.json", "--encodings-version", version});
    EXPECT_EQ(Json::parse(read_text(path("a.json")))["version"], version);
    const Json json = quantize({"net.onnx", "--data", "x.npy", "-o", "b.onnx", "--load-encodings", "a.json"});
    EXPECT_EQ(json["settings"]["load_encodings"], "a.json");
    EXPECT_EQ(read_text(path("a.onnx")), read_text(path("b.onnx"))) << version;
  }
  expect_usage_error({"quantize", "net.onnx", "--data", "x.npy", "--load-encodings", "a.json", "--encodings", "a.json"}, {"--encodings a.json: is also --load-encodings"});
  expect_usage_error({"quantize", "net.onnx", "--data", "x.npy", "-o", "c.onnx", "--encodings", "c.onnx"}, {"are one file"});
  expect_usage_error({"quantize", "net.onnx", "--dry-run", "--encodings", "c.json"}, {"a dry run computes no grids"});
  expect_usage_error({"quantize", "net.onnx", "--data", "x.npy", "--encodings", "c.json", "--encodings-version", "1.2"}, {"--encodings-version", "2.0.0"});
  expect_usage_error({"quantize", "net.onnx", "--data", "x.npy", "--encodings-version", "1.0.0"}, {"--encodings-version", "--encodings", "leave it out"});
  expect_usage_error({"quantize", "net.onnx", "--data", "x.npy", "--encodings", "-"}, {"--encodings -", "stdout", "give a file name"});
  expect_usage_error({"quantize", "net.onnx", "--data", "x.npy", "--output", "-"}, {"--output -", "stdout", "give a file name"});
  expect_failure({"quantize", "net.onnx", "--data", "x.npy", "--load-encodings", "nothing.json"}, {"nothing.json: cannot be opened"});
  expect_failure({"quantize", "net.onnx", "--data", "x.npy", "--load-encodings", "net.onnx"}, {"net.onnx: is no JSON"});
}

TEST_F(Quantize, JsonGoesToAFileBesideTheTables) {
  const Outcome outcome = halftone({"quantize", "net.onnx", "--data", "x.npy", "--json", "result.json"});
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_EQ(outcome.err, "");
  EXPECT_THAT(outcome.out, ::testing::HasSubstr("net.int8.onnx"));
  EXPECT_TRUE(Json::parse(read_text(path("result.json")), nullptr, false).is_object());
  EXPECT_EQ(files(), (std::set<std::string>{"net.onnx", "x.npy", "net.int8.onnx", "result.json"}));
}

TEST_F(Quantize, QuietPrintsNothing) {
  const Outcome outcome = halftone({"quantize", "net.onnx", "--data", "x.npy", "--quiet"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out + outcome.err, "");
  EXPECT_TRUE(std::filesystem::exists(path("net.int8.onnx")));
}

TEST_F(Quantize, TheFileStandsBesideTheModelUnlessNamed) {
  std::filesystem::create_directory(path("models"));
  write_net(path("models/tiny.v2.onnx"));
  EXPECT_EQ(quantize({"models/tiny.v2.onnx", "--data", "x.npy"})["output"], "models/tiny.v2.int8.onnx");
  EXPECT_TRUE(std::filesystem::exists(path("models/tiny.v2.int8.onnx")));
}

TEST_F(Quantize, DryRunNeedsNoDataAndWritesNothing) {
  const std::set<std::string> before = files();
  const Outcome outcome = halftone({"quantize", "net.onnx", "--dry-run"});
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_EQ(outcome.err, "");
  for (const char* part : {"conv1.weight", "per channel", "weight of Conv 'conv1'", "relu1_out", "result of Conv 'conv1'"}) {
    EXPECT_THAT(outcome.out, ::testing::HasSubstr(part));
  }
  EXPECT_EQ(files(), before);
  const Json json = quantize({"net.onnx", "--dry-run"});
  EXPECT_TRUE(json["output"].is_null());
  EXPECT_TRUE(json["figures"].is_null());
  EXPECT_EQ(files(), before);
}

TEST_F(Quantize, ThePlanFitsEightyColumnsAndKeepsItsReasons) {
  Graph graph = small_net();
  const std::string path_of_net = "/network/features/features.17/block/";
  for (ValueId id : graph.values()) graph.edit(id).name = path_of_net + "a_long_name_of_a_value_called/" + graph.value(id).name;
  for (NodeId id : graph.nodes()) graph.edit(id).name = path_of_net + "a_long_name_of_a_node_called/" + graph.node(id).name;
  write_onnx(graph, path("long.onnx"));
  const Outcome outcome = halftone({"quantize", "long.onnx", "--dry-run", "--exclude", "*/conv2"});
  EXPECT_EQ(outcome.status, 0) << outcome;
  std::istringstream lines(outcome.out);
  std::string words;
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 80u) << line;
    words += line.substr(std::min(line.size(), line.find_first_not_of(' '))) + " ";
  }
  for (const char* part : {"/netw...conv1.weight ", "weight of Conv '/netw", "/conv1'", "result of Gemm", "excluded by --exclude"}) EXPECT_THAT(words, ::testing::HasSubstr(part));
}

TEST_F(Quantize, SameBytesTwiceAndWithAnyNumberOfThreads) {
  write_net(path("norm.onnx"), {.batch_norm = true, .side = 20, .width = 24});
  write_inputs(path("wide.npy"), 70, 20);
  for (const auto& [output, threads] : {std::pair{"a.onnx", "1"}, {"b.onnx", "1"}, {"c.onnx", "2"}, {"d.onnx", "3"}}) {
    const Outcome outcome = halftone({"quantize", "norm.onnx", "--data", "wide.npy", "-o", output, "--threads", threads, "--quiet"});
    ASSERT_EQ(outcome.status, 0) << outcome;
  }
  const std::string first = read_text(path("a.onnx"));
  for (const char* other : {"b.onnx", "c.onnx", "d.onnx"}) EXPECT_TRUE(read_text(path(other)) == first) << other;
}

TEST_F(Quantize, ExcludedNodesStayFloatAndSayWhy) {
  const Json json = quantize({"net.onnx", "--data", "x.npy", "--exclude", "conv[2-9]", "--exclude", "f?", "-o", "out.onnx"});
  std::map<std::string, std::string> reasons;
  for (const Json& layer : json["float_layers"]) reasons[layer["node"]] = layer["reason"];
  EXPECT_THAT(reasons["conv2"], ::testing::HasSubstr("--exclude"));
  EXPECT_THAT(reasons["fc"], ::testing::HasSubstr("--exclude"));
  EXPECT_EQ(reasons.count("conv1"), 0u);
  const Graph graph = read_onnx(path("out.onnx"));
  const Graph real = small_net();
  for (const char* weight : {"conv2.weight", "fc.weight"}) {
    const Tensor* kept = graph.constant(graph.find_value(weight));
    ASSERT_NE(kept, nullptr) << weight;
    const Tensor* original = real.constant(real.find_value(weight));
    EXPECT_EQ(std::memcmp(kept->data(), original->data(), original->bytes()), 0) << weight;
  }
  const Outcome outcome = halftone({"quantize", "net.onnx", "--data", "x.npy", "--exclude", "conv2", "-o", "out.onnx"});
  EXPECT_THAT(outcome.out, ::testing::AllOf(::testing::HasSubstr("conv2"), ::testing::HasSubstr("excluded by --exclude")));
}

TEST_F(Quantize, KeepsNamesAndMetadata) {
  quantize({"net.onnx", "--data", "x.npy", "-o", "out.onnx"});
  const Graph before = read_onnx(path("net.onnx")), after = read_onnx(path("out.onnx"));
  EXPECT_EQ(after.name, "small net");
  EXPECT_EQ(after.file.producer_name, "a test");
  EXPECT_EQ(after.file.opsets, before.file.opsets);
  for (const auto& entry : before.file.metadata) EXPECT_THAT(after.file.metadata, ::testing::Contains(entry));
  EXPECT_THAT(after.file.metadata, ::testing::Contains(std::pair<std::string, std::string>{"halftone.target", "onnxruntime"}));
  EXPECT_EQ(after.value(after.inputs()[0]).name, "x");
  EXPECT_EQ(after.value(after.inputs()[0]).dims, before.value(before.inputs()[0]).dims);
  EXPECT_EQ(after.value(after.outputs()[0]).name, "y");
  EXPECT_EQ(after.value(after.outputs()[0]).dims, before.value(before.outputs()[0]).dims);
  std::set<std::string> names;
  for (NodeId id : after.nodes()) names.insert(after.node(id).name);
  for (NodeId id : before.nodes()) EXPECT_EQ(names.count(before.node(id).name), 1u) << before.node(id).name;
}

TEST_F(Quantize, AnyBatchAndAnyNumberOfSamples) {
  for (const std::int64_t batch : {1, 4}) {
    for (const char* samples : {"1", "3", "7"}) {
      SCOPED_TRACE(fmt::format("batch {}, {} samples", batch, samples));
      write_net(path("fixed.onnx"), {.batch = batch});
      const Json fixed = quantize({"fixed.onnx", "--data", "x.npy", "--samples", samples});
      const Json any = quantize({"net.onnx", "--data", "x.npy", "--samples", samples});
      // Samples that fill up the last batch count nowhere. (Products of another size may round otherwise: not to the bit.)
      ASSERT_EQ(fixed["values"].size(), any["values"].size());
      for (std::size_t i = 0; i < fixed["values"].size(); ++i) {
        const Json &a = fixed["values"][i], &b = any["values"][i];
        EXPECT_EQ(a["name"], b["name"]);
        EXPECT_EQ(a["zero_point"], b["zero_point"]) << a["name"];
        if (a["scale"].is_number()) {
          EXPECT_NEAR(a["scale"].get<double>() / b["scale"].get<double>(), 1, 1e-5) << a["name"];
        }
        if (a["sqnr_db"].is_number()) {
          EXPECT_NEAR(a["sqnr_db"].get<double>(), b["sqnr_db"].get<double>(), 0.05) << a["name"];
        }
      }
      EXPECT_NEAR(fixed["figures"]["kl"].get<double>(), any["figures"]["kl"].get<double>(), 1e-7);
      EXPECT_NEAR(fixed["figures"]["sqnr_db"].get<double>(), any["figures"]["sqnr_db"].get<double>(), 0.05);
    }
  }
}

TEST_F(Quantize, WithBatchNormalizationOrFoldedAlready) {
  write_net(path("norm.onnx"), {.batch_norm = true});
  for (const char* model : {"norm.onnx", "net.onnx"}) {
    const Json json = quantize({model, "--data", "x.npy", "-o", "out.onnx"});
    EXPECT_TRUE(json["float_layers"].empty()) << model << json["float_layers"];
    EXPECT_GT(json["figures"]["sqnr_db"], 20) << model;
  }
}

TEST_F(Quantize, NamedAndOuterLayersTakeTheirBits) {
  const auto grids = [](const Json& json) {
    std::map<std::string, std::string> result;
    for (const Json& value : json["values"]) result[value["name"]] = value["grid"].get<std::string>().substr(0, value["grid"].get<std::string>().find(' '));
    return result;
  };
  const Json json = quantize({"net.onnx", "--data", "x.npy", "-o", "out.onnx", "--weights", "int4", "--first-last", "w8a16", "--bits", "conv2=a6"});
  auto found = grids(json);
  EXPECT_EQ(found["conv1.weight"], "int8");
  EXPECT_EQ(found["conv2.weight"], "int4");
  EXPECT_EQ(found["fc.weight"], "int8");
  EXPECT_EQ(found["x"], "uint16");
  EXPECT_EQ(found["relu1_out"], "uint6");
  EXPECT_EQ(found["flat_out"], "uint16");
  EXPECT_EQ(found["y"], "uint16");
  EXPECT_EQ(json["settings"]["bits"], Json({"conv2=a6"}));
  EXPECT_EQ(json["settings"]["first_last"], "w8a16");
  ASSERT_EQ(json["warnings"].size(), 1u);
  EXPECT_THAT(json["warnings"][0].get<std::string>(), ::testing::HasSubstr("opset is 21 in place of 13"));
  EXPECT_EQ(read_onnx(path("out.onnx")).file.opsets.at(""), 21);
  folder_.write("bits.toml", "weights = 'int4'\nfirst_last = 'w8a16'\nbits = ['conv2=a6']\n");
  EXPECT_EQ(grids(quantize({"net.onnx", "--data", "x.npy", "-o", "again.onnx", "--config", "bits.toml"})), found);
  EXPECT_EQ(read_text(path("again.onnx")), read_text(path("out.onnx")));
}

TEST_F(Quantize, PassesAreSkippedByOneFlagOrSeveral) {
  const Json all = quantize({"net.onnx", "--data", "x.npy"});
  const Json json = quantize({"net.onnx", "--data", "x.npy", "--disable-pass", "fold_constants,fold-batch-norm", "--disable-pass", "round_fast"});
  EXPECT_EQ(json["passes"].size(), all["passes"].size() - 3);
  for (const Json& pass : json["passes"]) EXPECT_THAT(pass["name"], ::testing::Not(::testing::AnyOf("fold_constants", "fold_batch_norm", "round_fast")));
  expect_usage_error({"quantize", "net.onnx", "--data", "x.npy", "--disable-pass", "round_fast,fold_bach_norm"}, {"no pass 'fold_bach_norm'", "'fold_batch_norm'"});
}

TEST_F(Quantize, OneOfAThingIsNoPlural) {
  write_net(path("norm.onnx"), {.batch_norm = true});
  const Outcome outcome = halftone({"quantize", "norm.onnx", "--data", "x.npy", "--samples", "1", "--exclude", "conv2", "--exclude", "fc"});
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_THAT(outcome.out, ::testing::HasSubstr("1 layer in 1 segment;"));
  for (const char* plural : {" 1 layers", " 1 segments", " 1 samples", " 1 weights", " 1 grids", " 1 values", " 1 nodes"}) {
    EXPECT_THAT(outcome.out + outcome.err, ::testing::Not(::testing::HasSubstr(plural)));
  }
}

TEST_F(Quantize, AQuantizedFileIsWrittenAsItIs) {
  quantize({"net.onnx", "--data", "x.npy"});
  const std::vector<std::vector<std::string>> calls = {{"quantize", "net.int8.onnx", "--dry-run"}, {"quantize", "net.int8.onnx", "--data", "x.npy", "-o", "again.onnx"}};
  for (const std::vector<std::string>& call : calls) {
    const Outcome outcome = halftone(call);
    EXPECT_EQ(outcome.status, 0) << outcome;
    for (const char* part : {"quantized already", "give the float model"}) EXPECT_THAT(outcome.err, ::testing::HasSubstr(part));
  }
  for (const char* name : {"net.int8", "again"}) {
    EXPECT_EQ(halftone({"run", std::string(name) + ".onnx", "--data", "x.npy", "-o", name, "--quiet"}).status, 0);
  }
  EXPECT_EQ(read_text(path("net.int8/0.npz")), read_text(path("again/0.npz")));
}

TEST_F(Quantize, NothingToQuantizeIsAFailureWithCounts) {  // case T5
  expect_failure({"quantize", "net.onnx", "--data", "x.npy", "--exclude", "*"}, {"net.onnx", "nothing was quantized", "0 of 3 layers", "6 nodes"});
}

}  // namespace
}  // namespace halftone::test
