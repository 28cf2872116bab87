// AIMET encodings: three versions of one content, and files that are refused.
#include "formats/encodings/encodings.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "support/net_builder.h"
#include "support/temporary_folder.h"

using namespace halftone;
using namespace halftone::test;
using Json = nlohmann::json;

namespace {

constexpr EncodingsVersion kVersions[] = {EncodingsVersion::v2_0_0, EncodingsVersion::v1_0_0, EncodingsVersion::v0_6_1};

// x on [-1.3, 2.2], a weight per channel, its bias, and a float result.
Graph one_layer() {
  NetBuilder b;
  const ValueId x = b.input({1, 3, 8, 8});
  const ValueId y = b.conv(x, 3, 4, 3);
  Graph graph = b.finish(y);
  Encoding grid{.scale = {1}, .zero_point = {0}};
  set_range(grid, 0, {-1.3f, 2.2f});
  graph.edit(x).encoding = std::make_shared<const Encoding>(grid);
  const ValueId weight = graph.node(graph.nodes().at(0)).inputs[1];
  graph.edit(weight).encoding = std::make_shared<const Encoding>(
      Encoding{.bits = 4, .is_signed = true, .symmetric = true, .axis = 0, .scale = {0.1f, 0.2f, 0.3f, 0.4f}, .zero_point = {0, 0, 0, 0}});
  return graph;
}

Json written(EncodingsVersion version) {
  const TemporaryFolder folder;
  write_encodings(encodings_of(one_layer()), version, folder / "e.json");
  return Json::parse(read_text(folder / "e.json"));
}

std::string refusal(const std::string& text) {
  const TemporaryFolder folder;
  const auto file = folder.write("e.json", text);
  const std::string message = message_of([&] { read_encodings(file); });
  EXPECT_THAT(message, testing::StartsWith(file.string() + ": "));
  return message;
}

std::string v2(const std::string& fields) { return R"({"version": "2.0.0", "encodings": [{"name": "x", )" + fields + "}]}"; }

}  // namespace

TEST(Encodings, OffsetIsThatOfTheLowestCode) {  // case O3
  const Json x = written(EncodingsVersion::v0_6_1)["activation_encodings"]["input"][0];
  EXPECT_EQ(x["offset"], -95);
  EXPECT_EQ(x["scale"].get<float>(), 3.5f / 255);
  EXPECT_NEAR(x["min"].get<double>(), -1.303922, 1e-6);
  EXPECT_NEAR(x["max"].get<double>(), 2.196078, 1e-6);
  EXPECT_EQ(x["is_symmetric"], "False");
  EXPECT_EQ(written(EncodingsVersion::v1_0_0)["activation_encodings"][0]["offset"], Json({-95}));
  EXPECT_EQ(written(EncodingsVersion::v2_0_0)["encodings"][0]["y_zero_point"], 95);
}

TEST(Encodings, WeightsAndBiasesAreParameters) {
  const Json old = written(EncodingsVersion::v0_6_1)["param_encodings"];
  ASSERT_EQ(old["w1"].size(), 4u);
  EXPECT_EQ(old["w1"][1]["offset"], -8);
  EXPECT_EQ(old["w1"][1]["bitwidth"], 4);
  EXPECT_FLOAT_EQ(old["w1"][1]["max"].get<float>(), 1.4f);
  EXPECT_EQ(old["b2"][0]["bitwidth"], 32);
  EXPECT_EQ(old["b2"][0]["offset"], -2147483648ll);
  const Json list = written(EncodingsVersion::v1_0_0)["param_encodings"];
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[1]["enc_type"], "PER_CHANNEL");
  const Json weight = written(EncodingsVersion::v2_0_0)["encodings"][2];
  EXPECT_EQ(weight["output_dtype"], "int4");
  EXPECT_EQ(weight["axis"], 0);
  EXPECT_FALSE(weight.contains("y_zero_point"));
}

TEST(Encodings, FloatValuesAreNamed) {
  EXPECT_EQ(written(EncodingsVersion::v0_6_1)["activation_encodings"]["logits"], Json::parse(R"([{"bitwidth": 32, "dtype": "float"}])"));
  EXPECT_EQ(written(EncodingsVersion::v1_0_0)["activation_encodings"][1]["dtype"], "FLOAT");
  EXPECT_EQ(written(EncodingsVersion::v2_0_0)["encodings"][3], Json::parse(R"({"name": "logits", "output_dtype": "float32"})"));
}

TEST(Encodings, GridsSurviveEveryVersion) {
  const Graph graph = one_layer();
  for (EncodingsVersion version : kVersions) {
    SCOPED_TRACE(name_of(version));
    const TemporaryFolder folder;
    write_encodings(encodings_of(graph), version, folder / "e.json");
    const EncodingsFile file = read_encodings(folder / "e.json");
    EXPECT_EQ(file.version, version);
    int grids = 0;
    for (const EncodingsEntry& entry : file.entries) {
      const Value& value = graph.value(graph.find_value(entry.name));
      EXPECT_EQ(entry.is_float, value.name == "logits");
      if (!value.encoding) continue;
      Encoding placed = *value.encoding;
      placed.scale.clear();
      placed.zero_point.clear();
      EXPECT_EQ(encoding_of(entry, placed, 4), *value.encoding) << value.name;
      ++grids;
    }
    EXPECT_EQ(grids, 2);
  }
}

TEST(Encodings, ASymmetricGridMayLackTheLowestCode) {
  const TemporaryFolder folder;
  const auto file = folder.write("e.json", R"({"version": "1.0.0", "activation_encodings": [], "param_encodings": [
      {"name": "w", "enc_type": "PER_TENSOR", "dtype": "INT", "bw": 8, "is_sym": true, "scale": [0.5], "offset": [-127.0]}]})");
  const Encoding grid = encoding_of(read_encodings(file).entries.at(0), {.is_signed = true}, 1);
  EXPECT_TRUE(grid.narrow);
  EXPECT_EQ(grid.zero_point, std::vector<std::int32_t>{0});
  EXPECT_EQ(grid.real_min(), -63.5f);
}

TEST(Encodings, WhatIsNoEncodingsFileIsRefusedByASentence) {
  using testing::HasSubstr;
  EXPECT_THAT(refusal(""), HasSubstr("is no JSON"));
  EXPECT_THAT(refusal("{\"version\": "), HasSubstr("at byte"));
  EXPECT_THAT(refusal("[1, 2]"), HasSubstr("a JSON object is expected"));
  EXPECT_THAT(refusal("{\"a\": 1e999}"), HasSubstr("too large"));
  EXPECT_THAT(refusal("{}"), HasSubstr("there are '2.0.0', '1.0.0' or '0.6.1'"));
  EXPECT_THAT(refusal(R"({"version": "3.0.0"})"), HasSubstr("no encodings version '3.0.0'"));
  EXPECT_THAT(refusal(R"({"version": "2.0.0", "encodings": {}})"), HasSubstr("a list 'encodings'"));
  EXPECT_THAT(refusal(R"({"version": "0.6.1", "activation_encodings": []})"), HasSubstr("an object 'activation_encodings'"));
  EXPECT_THAT(refusal(R"({"version": "2.0.0", "encodings": [{"output_dtype": "uint8"}]})"), HasSubstr("'name' is missing"));
  EXPECT_THAT(refusal(R"({"version": "2.0.0", "encodings": [{"name": "x", "output_dtype": "float32"}, {"output_dtype": "uint8"}]})"), HasSubstr("entry 2 of 'encodings': 'name' is missing"));
  EXPECT_THAT(refusal(R"({"version": "2.0.0", "encodings": [3]})"), HasSubstr("entry 1 of 'encodings': is no object"));
  EXPECT_THAT(refusal(v2(R"("output_dtype": "int8", "y_scale": [1, 2], "axis": -1)")), HasSubstr("value 'x': 'axis' is -1; give one from 0 on"));
  EXPECT_THAT(refusal(v2(R"("output_dtype": "int8", "y_scale": [1, 2], "axis": 4294967296)")), HasSubstr("value 'x': 'axis' is 4294967296"));
  EXPECT_THAT(refusal(v2(R"("output_dtype": "uint99", "y_scale": 1)")), HasSubstr("value 'x': there is no output_dtype 'uint99'"));
  EXPECT_THAT(refusal(v2(R"("output_dtype": "uint8")")), HasSubstr("'y_scale' is missing"));
  EXPECT_THAT(refusal(v2(R"("output_dtype": "uint8", "y_scale": -1)")), HasSubstr("holds -1; a scale is a positive, finite number"));
  EXPECT_THAT(refusal(v2(R"("output_dtype": "uint8", "y_scale": [1, 2])")), HasSubstr("2 scales for a whole tensor"));
  EXPECT_THAT(refusal(v2(R"("output_dtype": "uint8", "y_scale": [1, 2], "y_zero_point": 3, "axis": 0)")), HasSubstr("2 scales and 1 offsets"));
  EXPECT_THAT(refusal(v2(R"("output_dtype": "uint8", "y_scale": 1, "y_zero_point": 94.7)")), HasSubstr("94.7, which is no integer"));
  EXPECT_THAT(refusal(v2(R"("output_dtype": "int4", "y_scale": [[1]], "axis": 0, "block_size": 16)")), HasSubstr("'block_size' are not supported"));
  EXPECT_THAT(refusal(R"({"version": "2.0.0", "encodings": [{"name": "x", "output_dtype": "float32"}, {"name": "x", "output_dtype": "float32"}]})"), HasSubstr("'x': has two entries"));
}
