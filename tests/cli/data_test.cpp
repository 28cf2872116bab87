// What --data and --labels take, through evaluate, run and quantize: several inputs, integers and booleans, sequences of
// differing length, label pictures, models of both picture layouts.
#include <zlib.h>

#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/models.h"
#include "tensor/npz.h"

namespace halftone::test {
namespace {

using Json = nlohmann::json;

const Dimension kAny{-1, "N"};

// left and right/side [N, 4] -> MatMul each -> Add -> y [N, 3].
Graph two_inputs() {
  Graph graph;
  graph.file.opsets[""] = 13;
  const ValueId left = graph.add_value("left", DataType::float32, std::vector<Dimension>{kAny, {4, ""}});
  const ValueId right = graph.add_value("right/side", DataType::float32, std::vector<Dimension>{kAny, {4, ""}});
  graph.add_input(left);
  graph.add_input(right);
  const ValueId a = graph.add_value("a"), b = graph.add_value("b"), y = graph.add_value("y", DataType::float32, std::vector<Dimension>{kAny, {3, ""}});
  add_node(graph, "MatMul", "one", {left, graph.add_constant("w1", normal_tensor({4, 3}, "w1"))}, a);
  add_node(graph, "MatMul", "two", {right, graph.add_constant("w2", normal_tensor({4, 3}, "w2"))}, b);
  add_node(graph, "Add", "sum", {a, b}, y);
  graph.add_output(y);
  return graph;
}

// ids (int64) and kinds (int32) [N, L], keep (bool) [N, L]: embeddings that are masked, a MatMul and the mean over L -> y [N, 3].
Graph tokens() {
  Graph graph;
  graph.file.opsets[""] = 13;
  const std::vector<Dimension> dims = {kAny, {-1, "L"}};
  const ValueId ids = graph.add_value("ids", DataType::int64, dims), kinds = graph.add_value("kinds", DataType::int32, dims), keep = graph.add_value("keep", DataType::boolean, dims);
  for (ValueId input : {ids, kinds, keep}) graph.add_input(input);
  const auto value = [&](const char* name) { return graph.add_value(name); };
  const ValueId words = value("words"), sorts = value("sorts"), both = value("both"), mask = value("mask"), kept = value("kept"), hidden = value("hidden");
  add_node(graph, "Gather", "embed", {graph.add_constant("words.table", normal_tensor({20, 8}, "words")), ids}, words);
  add_node(graph, "Gather", "embed_kinds", {graph.add_constant("kinds.table", normal_tensor({2, 8}, "kinds")), kinds}, sorts);
  add_node(graph, "Add", "add", {words, sorts}, both);
  add_node(graph, "Unsqueeze", "mask", {keep, graph.add_constant("last", Tensor::from<std::int64_t>({1}, {-1}))}, mask);
  add_node(graph, "Where", "choose", {mask, both, graph.add_constant("zero", Tensor::scalar(0.0f))}, kept);
  add_node(graph, "MatMul", "project", {kept, graph.add_constant("w", normal_tensor({8, 3}, "w", 0.5f))}, hidden);
  const ValueId y = graph.add_value("y", DataType::float32, std::vector<Dimension>{kAny, {3, ""}});
  add_node(graph, "ReduceMean", "mean", {hidden}, y, [](Attributes& a) {
    a.set("axes", std::vector<std::int64_t>{1});
    a.set("keepdims", std::int64_t{0});
  });
  graph.add_output(y);
  return graph;
}

using Arrays = std::vector<std::pair<std::string, Tensor>>;

Arrays token_arrays(std::int64_t samples, std::int64_t length, DataType id_type = DataType::int64) {
  Tensor ids(DataType::int64, {samples, length}), kinds(DataType::int32, {samples, length}), keep(DataType::boolean, {samples, length});
  for (std::int64_t i = 0; i < samples * length; ++i) {
    const auto at = static_cast<std::size_t>(i);
    ids.mutable_values<std::int64_t>()[at] = (i * 7 + length) % 20;
    kinds.mutable_values<std::int32_t>()[at] = static_cast<std::int32_t>(i % 2);
    keep.mutable_data()[at] = static_cast<std::byte>(i % 5 != 3);
  }
  return {{"ids", convert(ids, id_type)}, {"kinds", kinds}, {"keep", keep}};
}

// A picture of one class a pixel, as an 8-bit grey PNG.
void write_label_picture(const std::string& path, std::int64_t height, std::int64_t width, const std::vector<std::uint8_t>& classes) {
  const auto big_endian = [](std::uint32_t v) { return std::string{static_cast<char>(v >> 24), static_cast<char>(v >> 16), static_cast<char>(v >> 8), static_cast<char>(v)}; };
  const auto chunk = [&](const std::string& kind, const std::string& contents) {
    const std::string body = kind + contents;
    return big_endian(static_cast<std::uint32_t>(contents.size())) + body + big_endian(static_cast<std::uint32_t>(::crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()))));
  };
  std::string rows;
  for (std::int64_t y = 0; y < height; ++y) {
    rows += '\0';
    rows.append(reinterpret_cast<const char*>(&classes[static_cast<std::size_t>(y * width)]), static_cast<std::size_t>(width));
  }
  std::string packed(::compressBound(rows.size()), '\0');
  uLongf size = packed.size();
  ASSERT_EQ(::compress(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(rows.data()), rows.size()), Z_OK);
  packed.resize(size);
  std::ofstream(path, std::ios::binary) << "\x89PNG\r\n\x1a\n" << chunk("IHDR", big_endian(static_cast<std::uint32_t>(width)) + big_endian(static_cast<std::uint32_t>(height)) + std::string("\x08\0\0\0\0", 5))
                                        << chunk("IDAT", packed) << chunk("IEND", "");
}

class Data : public CommandTest {
 protected:
  Json result(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--json", "-"});
    const Outcome outcome = halftone(arguments);
    EXPECT_EQ(outcome.status, 0) << outcome;
    return Json::parse(outcome.out, nullptr, false);
  }

  // All three commands take the data: what evaluate says of the quantized file beside the float one, and the first of `files`.
  double expect_taken(const std::string& model, const std::string& data, const std::string& file) const {
    const Json report = result({"quantize", model, "--data", data, "-o", "q.onnx"});
    EXPECT_GT(report["figures"]["sqnr_db"], 20) << data;
    EXPECT_EQ(result({"run", "q.onnx", "--data", data, "-o", "outputs"})["output"], "outputs");
    EXPECT_TRUE(read_npz(path("outputs/" + file)).contains("y")) << data;
    std::filesystem::remove_all(path("outputs"));
    return result({"evaluate", "q.onnx", "--data", data, "--reference", model})["reference"]["sqnr_db"];
  }
  void expect_refused_by_all(const std::string& model, const std::string& data, const std::vector<std::string>& parts) const {
    expect_failure({"evaluate", model, "--data", data}, parts);
    expect_failure({"run", model, "--data", data, "-o", "outputs"}, parts);
    expect_failure({"quantize", model, "--data", data, "-o", "out.onnx"}, parts);
  }
};

TEST_F(Data, SeveralInputsByName) {
  write_onnx(two_inputs(), path("net.onnx"));
  const Tensor left = normal_tensor({9, 4}, "left"), right = normal_tensor({9, 4}, "right", 2);
  write_npz(path("both.npz"), {{"right/side", right}, {"left", left}});
  std::filesystem::create_directory(path("arrays"));
  write_npy(path("arrays/left.npy"), left);
  write_npy(path("arrays/right_side.npy"), right);
  const double packed = expect_taken("net.onnx", "both.npz", "sample_000008.npz");
  EXPECT_EQ(expect_taken("net.onnx", "arrays", "sample_000000.npz"), packed);
  const Json some = result({"evaluate", "net.onnx", "--data", "both.npz", "--skip", "4", "--samples", "3"});
  EXPECT_EQ(some["samples"], 3);
}

TEST_F(Data, MistakesWithSeveralInputsAreOneSentence) {
  write_onnx(two_inputs(), path("net.onnx"));
  const Tensor left = normal_tensor({9, 4}, "left");
  write_npy(path("left.npy"), left);
  expect_refused_by_all("net.onnx", "left.npy", {"left.npy", "feeds one input", "'left', 'right/side'", "give an .npz or a folder of .npy"});
  write_npz(path("misnamed.npz"), {{"left", left}, {"right", left}});
  expect_refused_by_all("net.onnx", "misnamed.npz", {"misnamed.npz", "no array for", "input 'right/side' (float32 [N, 4])", "it holds 'left' or 'right'"});
  write_npz(path("uneven.npz"), {{"left", left}, {"right/side", normal_tensor({8, 4}, "right")}});
  expect_refused_by_all("net.onnx", "uneven.npz", {"uneven.npz", "'right/side' has 8 samples, but 'left' has 9"});
  write_npz(path("shape.npz"), {{"left", left}, {"right/side", normal_tensor({9, 5}, "right")}});
  expect_refused_by_all("net.onnx", "shape.npz", {"shape.npz", "[9, 5]", "'right/side'", "[N, 4]"});
  write_npz(path("type.npz"), {{"left", left}, {"right/side", Tensor(DataType::int64, {9, 4})}});
  expect_refused_by_all("net.onnx", "type.npz", {"type.npz", "holds int64", "'right/side' takes float32"});
  std::filesystem::create_directory(path("arrays"));
  write_npy(path("arrays/left.npy"), left);
  write_npy(path("arrays/right.npy"), left);
  expect_refused_by_all("net.onnx", "arrays", {"arrays", "no right_side.npy", "input 'right/side'", "it holds 'left.npy' or 'right.npy'"});
  std::filesystem::create_directory(path("feeds"));
  write_npz(path("feeds/1.npz"), {{"left", normal_tensor({1, 4}, "left")}});
  expect_refused_by_all("net.onnx", "feeds", {"feeds/1.npz", "no array for", "input 'right/side'", "it holds 'left'"});
  write_npz(path("feeds/1.npz"), {{"left", normal_tensor({1, 4}, "left")}, {"right/side", normal_tensor({2, 4}, "right")}});
  write_npz(path("cut.npz"), {{"left", left}, {"right/side", left}});
  folder_.write("cut.npz", std::string_view(read_text(path("cut.npz"))).substr(0, 200));
  expect_refused_by_all("net.onnx", "cut.npz", {"cut.npz"});
}

TEST_F(Data, IntegersAndBooleans) {
  write_onnx(tokens(), path("net.onnx"));
  write_npz(path("x.npz"), token_arrays(16, 6));
  write_npz(path("narrow.npz"), token_arrays(16, 6, DataType::int32));
  std::filesystem::create_directory(path("arrays"));
  for (const auto& [name, array] : token_arrays(16, 6)) write_npy(path("arrays/" + name + ".npy"), array);
  const double expected = expect_taken("net.onnx", "x.npz", "sample_000015.npz");
  for (const char* data : {"narrow.npz", "arrays"}) EXPECT_EQ(expect_taken("net.onnx", data, "sample_000015.npz"), expected) << data;
  const auto with = [&](const std::string& name, const Tensor& array) {
    Arrays arrays = token_arrays(16, 6);
    for (auto& entry : arrays) {
      if (entry.first == name) entry.second = array;
    }
    write_npz(path("bad.npz"), arrays);
  };
  with("ids", normal_tensor({16, 6}, "ids"));
  expect_refused_by_all("net.onnx", "bad.npz", {"bad.npz", "holds float32", "'ids' takes int64"});
  with("keep", Tensor(DataType::int64, {16, 6}));
  expect_refused_by_all("net.onnx", "bad.npz", {"bad.npz", "holds int64", "'keep' takes bool"});
  Tensor large(DataType::int64, {16, 6});
  large.mutable_values<std::int64_t>()[3] = 5'000'000'000;
  with("kinds", large);
  expect_refused_by_all("net.onnx", "bad.npz", {"bad.npz", "5000000000", "'kinds' (int32"});
  large.mutable_values<std::int64_t>()[3] = 20;
  with("ids", large);
  expect_refused_by_all("net.onnx", "bad.npz", {"embed", "20"});
}

TEST_F(Data, SequencesOfDifferingLength) {
  write_onnx(tokens(), path("net.onnx"));
  std::filesystem::create_directory(path("feeds"));
  for (std::int64_t length : {3, 7, 12, 5}) write_npz(path(fmt::format("feeds/{:02}.npz", length)), token_arrays(2, length));
  EXPECT_GT(expect_taken("net.onnx", "feeds", "12.npz"), 20);
  for (const std::string range : {"minmax", "mean-minmax", "percentile"}) {
    const double least = range == "mean-minmax" ? 5 : 20;  // of few samples, whose means clip much
    EXPECT_GT(result({"quantize", "net.onnx", "--data", "feeds", "-o", "q.onnx", "--activation-range", range})["figures"]["sqnr_db"], least) << range;
  }
  EXPECT_EQ(result({"evaluate", "net.onnx", "--data", "feeds", "--skip", "1", "--samples", "2"})["samples"], 2);
  Arrays uneven = token_arrays(2, 5);
  uneven[1].second = token_arrays(2, 4)[1].second;
  write_npz(path("feeds/99.npz"), uneven);
  for (const std::vector<std::string>& command : {std::vector<std::string>{"evaluate"}, {"run", "-o", "outputs"}, {"quantize", "-o", "out.onnx"}}) {
    std::vector<std::string> arguments = command;
    arguments.insert(arguments.begin() + 1, {"net.onnx", "--data", "feeds", "--skip", "4"});
    expect_failure(arguments, {"add", "[2, 5, 8]", "[2, 4, 8]"});
  }
}

// A network that gives each class the score of one colour, and class 3 a little everywhere.
Graph segmentation() {
  Graph graph;
  graph.file.opsets[""] = 13;
  const ValueId x = graph.add_value("x", DataType::float32, std::vector<Dimension>{kAny, {3, ""}, {4, ""}, {6, ""}});
  graph.add_input(x);
  Tensor w(DataType::float32, {4, 3, 1, 1});
  for (std::size_t c = 0; c < 3; ++c) w.mutable_values<float>()[c * 3 + c] = 1;
  const ValueId y = graph.add_value("y", DataType::float32, std::vector<Dimension>{kAny, {4, ""}, {4, ""}, {6, ""}});
  add_node(graph, "Conv", "head", {x, graph.add_constant("w", w), graph.add_constant("b", Tensor::from<float>({4}, {0, 0, 0, 50}))}, y);
  graph.add_output(y);
  return graph;
}

TEST_F(Data, LabelPicturesGiveTheMeanIntersectionOverUnion) {
  write_onnx(segmentation(), path("net.onnx"));
  std::filesystem::create_directory(path("pictures"));
  std::filesystem::create_directory(path("labels"));
  // Pictures of one class a column: red, green, blue, dark, red, green.
  std::vector<std::uint8_t> truth, wrong;
  for (std::int64_t p = 0; p < 24; ++p) {
    const std::uint8_t column[] = {0, 1, 2, 3, 0, 1};
    truth.push_back(column[p % 6]);
    wrong.push_back(p % 6 == 4 ? 2 : p % 6 == 5 ? 255 : column[p % 6]);
  }
  Tensor feed(DataType::float32, {1, 3, 4, 6});
  for (std::size_t p = 0; p < 24; ++p) {
    if (truth[p] < 3) feed.mutable_values<float>()[truth[p] * 24u + p] = 200;
  }
  for (const char* name : {"a", "b", "c"}) {
    write_npz(path(fmt::format("pictures/{}.npz", name)), {{"x", feed}});
    write_label_picture(path(fmt::format("labels/{}.png", name)), 4, 6, name[0] == 'a' ? truth : wrong);
  }
  const auto miou = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"evaluate", "net.onnx", "--data", "pictures", "--labels", "labels"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Json json = result(arguments);
    EXPECT_FALSE(json.contains("top1") && json["top1"].is_number());
    return json["miou"].get<double>();
  };
  EXPECT_EQ(miou({"--samples", "1"}), 100);
  // Class 0: 4 of 8; class 1: 4 of 4, the rest is ignored; class 2: 4 of 8; class 3: 4 of 4.
  EXPECT_NEAR(miou({"--skip", "1", "--ignore-label", "255"}), 75, 1e-9);
  EXPECT_NEAR(miou({"--skip", "1", "--samples", "1", "--ignore-label", "255"}), 75, 1e-9);
  // Over all three: class 0: 16 of 24, 1: 16 of 16, 2: 12 of 20, 3: 12 of 12.
  EXPECT_NEAR(miou({"--ignore-label", "255"}), 100 * (16.0 / 24 + 1 + 12.0 / 20 + 1) / 4, 1e-9);
  const std::vector<std::string> evaluate = {"evaluate", "net.onnx", "--data", "pictures", "--labels", "labels"};
  expect_failure(evaluate, {"b.npz", "class 255", "'y'", "4 classes", "--ignore-label 255"});
  write_label_picture(path("labels/a.png"), 6, 4, truth);
  expect_failure(evaluate, {"a.npz", "label picture is [6, 4]", "[1, 4, 4, 6]"});
  std::filesystem::remove(path("labels/c.png"));
  expect_failure(evaluate, {"labels", "no label picture for 1 of 3 samples", "'c.png'"});
  write_labels(path("classes.npy"), {0, 1, 2});
  expect_failure({"evaluate", "net.onnx", "--data", "pictures", "--labels", "classes.npy"}, {"many pixels"});
  write_npy(path("x.npy"), feed);
  expect_failure({"evaluate", "net.onnx", "--data", "x.npy", "--labels", "labels"}, {"labels", "matched by file name"});
}

TEST_F(Data, LabelsForOutputsThatAreNoScores) {
  Graph graph = segmentation();
  const ValueId y = graph.outputs()[0];
  graph.edit(y).name = "scores";
  const ValueId best = graph.add_value("best", DataType::int64, std::vector<Dimension>{kAny, {1, ""}, {4, ""}, {6, ""}});
  add_node(graph, "ArgMax", "choose", {y}, best, [](Attributes& a) { a.set("axis", std::int64_t{1}); });
  graph.replace_uses(y, best);
  graph.set_input(graph.value(best).producer, 0, y);
  write_onnx(graph, path("net.onnx"));
  std::filesystem::create_directory(path("feeds"));
  write_npz(path("feeds/a.npz"), {{"x", normal_tensor({1, 3, 4, 6}, "x")}});
  std::filesystem::create_directory(path("labels"));
  write_label_picture(path("labels/a.png"), 4, 6, std::vector<std::uint8_t>(24, 0));
  expect_failure({"evaluate", "net.onnx", "--data", "feeds", "--labels", "labels"}, {"'best'", "int64", "scores"});
}

TEST_F(Data, LabelsBeginBehindTheSkippedSamples) {
  write_net(path("net.onnx"));
  write_inputs(path("x.npy"), 7);
  write_labels(path("labels.npy"), {0, 1, 2, 3, 4, 0, 1});
  ASSERT_EQ(halftone({"run", "net.onnx", "--data", "x.npy", "-o", "outputs"}).status, 0);
  const std::int64_t labels[] = {0, 1, 2, 3, 4, 0, 1};
  int right = 0;
  for (std::int64_t i = 3; i < 6; ++i) {
    const Tensor y = read_npz(path(fmt::format("outputs/sample_{:06}.npz", i))).at("y");
    const auto scores = y.values<float>();
    right += std::max_element(scores.begin(), scores.end()) - scores.begin() == labels[i] ? 1 : 0;
  }
  const Json json = result({"evaluate", "net.onnx", "--data", "x.npy", "--labels", "labels.npy", "--skip", "3", "--samples", "3"});
  EXPECT_EQ(json["samples"], 3);
  EXPECT_NEAR(json["top1"].get<double>(), 100.0 * right / 3, 1e-9);
  const Json ignored = result({"evaluate", "net.onnx", "--data", "x.npy", "--labels", "labels.npy", "--skip", "3", "--samples", "1", "--ignore-label", "3"});
  EXPECT_TRUE(ignored["top1"].is_null());
  expect_failure({"quantize", "net.onnx", "--data", "x.npy", "--skip", "7", "-o", "out.onnx"}, {"x.npy", "7 samples", "--skip 7 leaves none"});
}

// The small net for pictures that lie row by row: x [N, 8, 8, 3].
Graph channels_last_net() {
  Graph graph = small_net();
  const ValueId x = graph.inputs()[0], moved = graph.add_value("moved");
  graph.edit(x).dims = std::vector<Dimension>{kAny, {8, ""}, {8, ""}, {3, ""}};
  graph.replace_uses(x, moved);
  add_node(graph, "Transpose", "layout", {x}, moved, [](Attributes& a) { a.set("perm", std::vector<std::int64_t>{0, 3, 1, 2}); });
  return graph;
}

TEST_F(Data, ThePictureLayoutIsReadOffTheModel) {
  write_net(path("first.onnx"));
  write_onnx(channels_last_net(), path("last.onnx"));
  write_pictures(path("pictures.npy"), 6);
  const std::string photos = HALFTONE_SOURCE_DIR "/tests/data/vectors/pictures";
  for (const std::string& data : {std::string("pictures.npy"), photos}) {
    const std::vector<std::string> options = {"--mean", "120,110,100", "--std", "60", "--color", "bgr"};
    std::map<std::string, Tensor> outputs[2];
    int i = 0;
    for (const char* model : {"first.onnx", "last.onnx"}) {
      std::vector<std::string> run = {"run", model, "--data", data, "-o", "outputs"}, quantize = {"quantize", model, "--data", data, "-o", "q.onnx", "--quiet"};
      for (auto* command : {&run, &quantize}) command->insert(command->end(), options.begin(), options.end());
      ASSERT_EQ(halftone(run).status, 0) << data;
      ASSERT_EQ(halftone(quantize).status, 0) << data;
      outputs[i++] = read_npz(path(data == photos ? "outputs/rgb.npz" : "outputs/sample_000003.npz"));
      std::vector<std::string> evaluate = {"evaluate", "q.onnx", "--data", data, "--reference", model};
      evaluate.insert(evaluate.end(), options.begin(), options.end());
      EXPECT_GT(result(evaluate)["reference"]["sqnr_db"], 20);
    }
    for (std::size_t k = 0; k < 5; ++k) EXPECT_NEAR(outputs[0].at("y").values<float>()[k], outputs[1].at("y").values<float>()[k], 1e-5) << data;
  }
  expect_usage_error({"evaluate", "last.onnx", "--data", "pictures.npy", "--size", "9"}, {"--size asks for height 9", "[N, 8, 8, 3]"});
}

}  // namespace
}  // namespace halftone::test
