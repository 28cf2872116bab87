// Encodings beside the quantized file, and grids taken from them.
#include <gmock/gmock.h>

#include "base/file.h"
#include "formats/onnx/onnx.h"
#include "operators/layer.h"
#include "pipeline/quantize.h"
#include "support/memory_dataset.h"
#include "support/net_builder.h"
#include "support/temporary_folder.h"

using namespace halftone;
using namespace halftone::test;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

const MemoryDataset& samples() {
  static const MemoryDataset data(random_tensor({24, 3, 8, 8}, 5));
  return data;
}

// Conv -> Relu -> MaxPool -> Reshape -> Gemm, with an Add and a Concat.
Graph mixed_network() {
  NetBuilder b;
  const ValueId x = b.input({1, 3, 8, 8});
  const ValueId left = b.relu(b.conv(x, 3, 4, 3, {.pads = {1, 1, 1, 1}})), right = b.conv(x, 3, 4, 1);
  const ValueId both = b.node("Concat", {b.add(left, right), left}, {{"axis", std::int64_t{1}}});
  const ValueId flat = b.node("Reshape", {b.max_pool(both), b.constant(Tensor::from<std::int64_t>({2}, {0, 128}))});
  return b.finish(b.gemm(flat, 128, 10));
}

class EncodingsFiles : public testing::Test {
 protected:
  QuantizeReport quantize(const Graph& graph, const std::string& name, QuantizeOptions options = {}, EncodingsVersion version = EncodingsVersion::v2_0_0) {
    write_onnx(graph, folder_ / "net.onnx");
    return quantize_file({folder_ / "net.onnx", folder_ / (name + ".onnx"), folder_ / (name + ".json"), version}, graph, samples(), options, {});
  }

  // The entries of name.json, changed and written to other.json.
  template <typename Change>
  std::string changed(const std::string& name, const Change& change) {
    EncodingsFile file = read_encodings(folder_ / (name + ".json"));
    change(file.entries);
    write_encodings(file.entries, file.version, folder_ / "other.json");
    return folder_ / "other.json";
  }

  std::string refusal(const Graph& graph, const std::string& file) {
    return message_of([&] { quantize(graph, "refused", {.load_encodings = file}); });
  }

  static EncodingsEntry& entry(std::vector<EncodingsEntry>& entries, const std::string& name) {
    const auto found = std::find_if(entries.begin(), entries.end(), [&](const EncodingsEntry& e) { return e.name == name; });
    EXPECT_NE(found, entries.end()) << name;
    return *found;
  }

  TemporaryFolder folder_;
};

}  // namespace

TEST_F(EncodingsFiles, AreForTheModelsOwnWeights) {  // another tool would clip equalized ones
  const Graph graph = residual_network();
  const auto equalizes = [](const QuantizeReport& report) {
    return std::any_of(report.passes.begin(), report.passes.end(), [](const PassRecord& pass) { return pass.name == "equalize_activations"; });
  };
  EXPECT_FALSE(equalizes(quantize(graph, "written")));
  EXPECT_FALSE(equalizes(quantize_file({folder_ / "net.onnx", folder_ / "loaded.onnx"}, graph, samples(), {.load_encodings = folder_ / "written.json"}, {})));
  EXPECT_TRUE(equalizes(quantize_file({folder_ / "net.onnx", folder_ / "plain.onnx"}, graph, samples(), {}, {})));
}

TEST_F(EncodingsFiles, NameEveryValue) {  // case O3
  const Graph graph = mixed_network();
  QuantizeOptions options;
  options.exclude = {"gemm*"};
  quantize(graph, "q", options);
  std::set<std::string> named, in_float;
  for (const EncodingsEntry& entry : read_encodings(folder_ / "q.json").entries) {
    named.insert(entry.name);
    if (entry.is_float) in_float.insert(entry.name);
  }
  for (ValueId id : graph.values()) {
    const Value& value = graph.value(id);
    EXPECT_EQ(named.contains(value.name), value.type == DataType::float32) << value.name;
  }
  EXPECT_THAT(in_float, testing::UnorderedElementsAre("logits", testing::_, testing::_));  // and the Gemm's weight and bias
}

TEST_F(EncodingsFiles, GiveTheSameBytesWhenLoaded) {
  for (const Graph& graph : {mixed_network(), residual_network()}) {
    for (const EncodingsVersion version : {EncodingsVersion::v2_0_0, EncodingsVersion::v1_0_0, EncodingsVersion::v0_6_1}) {
      for (const Granularity granularity : {Granularity::channel, Granularity::tensor}) {
        QuantizeOptions options{.rounding = Rounding::nearest};
        options.granularity = granularity;
        quantize(graph, "first", options, version);
        options.load_encodings = folder_ / "first.json";
        options.activation_range = RangeMethod::minmax;  // nothing is left to compute
        const QuantizeReport report = quantize(graph, "again", options, version);
        EXPECT_EQ(read_text(folder_ / "first.onnx"), read_text(folder_ / "again.onnx")) << name_of(version);
        EXPECT_EQ(read_text(folder_ / "first.json"), read_text(folder_ / "again.json")) << name_of(version);
        EXPECT_TRUE(report.warnings.empty());
      }
    }
  }
}

TEST_F(EncodingsFiles, LayersThatShareAWeightTakeTheirOwnGridsBack) {
  NetBuilder b;
  const ValueId x = b.input({1, 3, 8, 8}), w = b.constant(random_tensor({3, 3, 1, 1}, 3, 0.5), "w");
  const ValueId first = b.relu(b.node("Conv", {x, w})), second = b.relu(b.node("Conv", {first, w}));
  const Graph graph = b.finish(b.node("Conv", {second, w}));
  for (const Rounding rounding : {Rounding::fast, Rounding::nearest}) {
    QuantizeOptions options{.rounding = rounding};
    quantize(graph, "first", options);
    options.load_encodings = folder_ / "first.json";
    const QuantizeReport report = quantize(graph, "again", options);
    EXPECT_EQ(read_text(folder_ / "first.json"), read_text(folder_ / "again.json"));
    EXPECT_TRUE(report.warnings.empty());
  }
}

TEST_F(EncodingsFiles, MayLeaveValuesToCalibration) {
  const Graph graph = mixed_network();
  quantize(graph, "first");
  QuantizeOptions options;
  options.load_encodings = changed("first", [&](auto& entries) { std::erase_if(entries, [](const auto& e) { return e.name == "input" || e.name == "logits"; }); });
  const QuantizeReport report = quantize(graph, "again", options);
  EXPECT_THAT(report.warnings, ElementsAre(HasSubstr("2 values are not in it; their ranges are computed: 'input', 'logits'")));
  EXPECT_EQ(read_text(folder_ / "first.onnx"), read_text(folder_ / "again.onnx"));
}

TEST_F(EncodingsFiles, OfAnotherModelAreRefused) {
  quantize(residual_network(), "first");
  const std::string message = refusal(mixed_network(), folder_ / "first.json");
  EXPECT_THAT(message, HasSubstr("names are no values of the model: "));
  EXPECT_THAT(message, HasSubstr("'clip"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "refused.onnx"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "refused.json"));
}

TEST_F(EncodingsFiles, MayNameValuesThatAreFoldedAway) {
  const Graph graph = residual_network();
  quantize(graph, "first");
  const std::string folded = graph.value(graph.node(graph.nodes().at(1)).output()).name;  // of the first BatchNormalization
  QuantizeOptions options;
  options.load_encodings = changed("first", [&](auto& entries) { entries.push_back({.name = folded, .is_float = true}); });
  EXPECT_THAT(quantize(graph, "again", options).warnings, ElementsAre(HasSubstr("1 of its values was folded away: '" + folded + "'")));
}

TEST_F(EncodingsFiles, GridsThatDoNotFitAreRefused) {
  const Graph graph = mixed_network();
  quantize(graph, "first");
  const std::string weight = "w1";
  EXPECT_THAT(refusal(graph, changed("first", [&](auto& e) { entry(e, weight).bits = 17; })), HasSubstr("is int17 there; weights take 2 to 8 bits, or 16"));
  EXPECT_THAT(refusal(graph, changed("first", [&](auto& e) { entry(e, weight).is_signed = false; })), HasSubstr("is uint8 there; the target onnxruntime takes"));
  EXPECT_THAT(refusal(graph, changed("first", [&](auto& e) { entry(e, weight).bits = 9; })), HasSubstr("weight 'w1' is int9 there; weights take 2 to 8 bits, or 16"));
  EXPECT_THAT(refusal(graph, changed("first", [&](auto& e) { entry(e, "input").bits = 3; })), HasSubstr("value 'input' is uint3 there; activations take 4 to 16 bits"));
  EXPECT_THAT(refusal(graph, changed("first", [&](auto& e) { entry(e, weight).axis = 1; })), HasSubstr("4 scales along axis 1 there, but 4 channels along axis 0"));
  EXPECT_THAT(refusal(graph, changed("first", [&](auto& e) { entry(e, weight).axis = 7; })), HasSubstr("other.json: weight 'w1' has 4 scales along axis 7 there"));
  EXPECT_THAT(refusal(graph, changed("first", [&](auto& e) { entry(e, "input").axis = 0, entry(e, "input").per_channel = true; })), HasSubstr("other.json: value 'input' has a scale per channel (axis 0) there; an activation takes one"));
  EXPECT_THAT(refusal(graph, changed("first", [&](auto& e) { entry(e, weight).offset[2] = -127; })), HasSubstr("is not symmetric"));
  EXPECT_THAT(refusal(graph, changed("first", [&](auto& e) { entry(e, weight).scale.pop_back(), entry(e, weight).offset.pop_back(); })), HasSubstr("3 scales along axis 0"));
  EXPECT_THAT(refusal(graph, changed("first", [&](auto& e) { entry(e, "input").offset[0] = 3; })), HasSubstr("with offset 3 no code is 0; give one from -255 to 0"));
  EXPECT_THAT(refusal(graph, changed("first", [&](auto& e) { entry(e, "input").bits = 17; })), HasSubstr("is uint17 there"));
  EXPECT_THAT(refusal(graph, changed("first", [&](auto& e) { entry(e, "input") = {.name = "input", .is_float = true}; })), HasSubstr("'input' is float there, but the target"));
}

TEST_F(EncodingsFiles, SharedGridsMustAgree) {
  const Graph graph = residual_network();
  quantize(graph, "first");
  std::string pooled;
  for (NodeId id : graph.nodes()) {
    if (graph.node(id).type == "MaxPool") pooled = graph.value(graph.node(id).output()).name;
  }
  EXPECT_THAT(refusal(graph, changed("first", [&](auto& e) { entry(e, pooled).scale[0] *= 2; })), HasSubstr("share a grid, but have different ones there"));
}

TEST_F(EncodingsFiles, DoNotTakeTheNameOfTheOutput) {
  const Graph graph = mixed_network();
  write_onnx(graph, folder_ / "net.onnx");
  const QuantizeFiles files{folder_ / "net.onnx", folder_ / "q.onnx", folder_ / "q.onnx"};
  EXPECT_THAT(message_of<UsageError>([&] { quantize_file(files, graph, samples(), {}, {}); }), HasSubstr("give --encodings another name"));
}

TEST_F(EncodingsFiles, NeedTheirPass) {
  const Graph graph = mixed_network();
  quantize(graph, "first");
  QuantizeOptions options;
  options.load_encodings = folder_ / "first.json";
  options.disabled_passes = {"load-encodings"};
  EXPECT_THAT(message_of<UsageError>([&] { quantize(graph, "again", options); }), HasSubstr("the pass load_encodings, which does not run"));
}
