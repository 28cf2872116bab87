#include "fuzz/readers.h"

#include <onnx-ml.pb.h>

#include <fstream>

#include "cli/config_file.h"
#include "data/picture.h"
#include "formats/encodings/encodings.h"
#include "formats/onnx/onnx.h"
#include "operators/layer.h"
#include "support/net_builder.h"
#include "targets/target.h"
#include "tensor/npz.h"

namespace halftone::test {
namespace {

namespace fs = std::filesystem;

const fs::path kPictures = fs::path(HALFTONE_SOURCE_DIR) / "tests/data/vectors/pictures";

std::vector<fs::path> files_of(const fs::path& folder, const std::string& extension) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == extension) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

Graph on_grids(Graph graph) {
  const auto grid = std::make_shared<const Encoding>(Encoding{.scale = {0.05f}, .zero_point = {100}});
  for (ValueId id : graph.values()) {
    if (!graph.value(id).is_constant() && graph.value(id).type == DataType::float32) graph.edit(id).encoding = grid;
  }
  for (const Layer& layer : layers_of(graph)) {
    const auto channels = static_cast<std::size_t>(layer.channels);
    graph.edit(layer.weight).encoding = std::make_shared<const Encoding>(Encoding{.is_signed = true, .symmetric = true, .axis = layer.weight_axis,
        .scale = std::vector<float>(channels, 0.01f), .zero_point = std::vector<std::int32_t>(channels, 0)});
  }
  return graph;
}

onnx::NodeProto& add_node(google::protobuf::RepeatedPtrField<onnx::NodeProto>& nodes, const char* type, const std::vector<std::string>& inputs, const char* output) {
  onnx::NodeProto& node = *nodes.Add();
  node.set_op_type(type);
  for (const std::string& input : inputs) node.add_input(input);
  node.add_output(output);
  return node;
}

// A function that refers to an attribute, called in the graph and in a body; weights in another file, which is the file itself.
void write_functions(const fs::path& file) {
  onnx::ModelProto model;
  model.set_ir_version(9);
  model.add_opset_import()->set_version(17);
  onnx::FunctionProto& function = *model.add_functions();
  function.set_domain("f");
  function.set_name("g");
  function.add_input("a");
  function.add_output("b");
  function.add_opset_import()->set_version(13);
  add_node(*function.mutable_node(), "Relu", {"a"}, "t");
  auto& alpha = *add_node(*function.mutable_node(), "LeakyRelu", {"t"}, "b").add_attribute();
  alpha.set_name("alpha");
  alpha.set_ref_attr_name("s");
  alpha.set_type(onnx::AttributeProto::FLOAT);
  auto& otherwise = *function.add_attribute_proto();
  otherwise.set_name("s");
  otherwise.set_type(onnx::AttributeProto::FLOAT);
  otherwise.set_f(0.5f);
  onnx::GraphProto& graph = *model.mutable_graph();
  auto& x = *graph.add_input();
  x.set_name("x");
  x.mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::FLOAT);
  onnx::TensorProto& c = *graph.add_initializer();
  c.set_name("c");
  c.set_data_type(onnx::TensorProto::BOOL);
  c.set_data_location(onnx::TensorProto::EXTERNAL);
  for (const auto& [key, value] : {std::pair("location", "damaged.toml"), std::pair("offset", "2"), std::pair("length", "1")}) {
    auto* entry = c.add_external_data();
    entry->set_key(key);
    entry->set_value(value);
  }
  add_node(*graph.mutable_node(), "g", {"x"}, "y").set_domain("f");
  onnx::NodeProto& choice = add_node(*graph.mutable_node(), "If", {"c"}, "z");
  for (const char* name : {"then_branch", "else_branch"}) {
    auto& branch = *choice.add_attribute();
    branch.set_name(name);
    branch.set_type(onnx::AttributeProto::GRAPH);
    add_node(*branch.mutable_g()->mutable_node(), "g", {"y"}, "u").set_domain("f");
    branch.mutable_g()->add_output()->set_name("u");
  }
  graph.add_output()->set_name("z");
  std::ofstream(file, std::ios::binary) << model.SerializeAsString();
}

std::vector<fs::path> networks(const fs::path& folder) {
  write_onnx(residual_network(), folder / "float.onnx");
  write_onnx(on_grids(residual_network(2, false)), folder / "quantized.onnx");
  write_functions(folder / "functions.onnx");
  return {folder / "float.onnx", folder / "quantized.onnx", folder / "functions.onnx"};
}

void read_network(const fs::path& file) {
  Graph graph = read_onnx(file);
  check_supported(graph, file.string());
  absorb_qdq(graph);
  verify(graph, "after reading");
  write_onnx(graph, file.string() + ".again");
}

std::vector<fs::path> arrays(const fs::path& folder) {
  write_npy(folder / "floats.npy", random_tensor({3, 2, 4}, 1));
  write_npy(folder / "classes.npy", Tensor::from<std::int64_t>({5}, {1, 2, 3, 4, 5}));
  return {folder / "floats.npy", folder / "classes.npy"};
}

void read_array(const fs::path& file) {
  const NpyFile array(file);
  array.read();
  if (!array.shape().empty() && array.rows() > 1) array.read_rows(1, 1);
}

std::vector<fs::path> archives(const fs::path& folder) {
  write_npz(folder / "feeds.npz", {{"x", random_tensor({3, 2, 4}, 1)}, {"classes", Tensor::from<std::int64_t>({2}, {1, 2})}});
  std::vector<fs::path> files = {folder / "feeds.npz"};
  files.push_back(kPictures.parent_path() / "resize.npz");  // deflated by numpy
  return files;
}

std::vector<fs::path> jpegs(const fs::path&) { return files_of(kPictures, ".jpg"); }
std::vector<fs::path> pngs(const fs::path&) { return files_of(kPictures, ".png"); }

void read_png(const fs::path& file) {
  try {
    read_picture(file);
  } catch (const Error&) {  // some are no pictures but good labels, and the other way round
  }
  label_picture_size(file);
  read_label_picture(file);
}

std::vector<fs::path> targets(const fs::path&) { return files_of(fs::path(HALFTONE_SOURCE_DIR) / "src/targets", ".toml"); }

std::vector<fs::path> configs(const fs::path& folder) {
  std::ofstream(folder / "all.toml") << "# settings\nweights = \"int4\"\nsamples = 100\nmean = [123.675, 116.28, 103.53]\nquiet = true\nbits = [\"conv1=8\", \"fc=4\"]\n"
                                        "percentile = 99.9\nexclude = ['a*', \"b\\u0041\"]\ndate = 1979-05-27T07:32:00Z\ntext = \"\"\"\nlines\n\"\"\"\n";
  std::ofstream(folder / "table.toml") << "[data]\nsamples = 0x10\npoint = { x = 1, y = [[1, 2], ['a']] }\n[[more]]\na.b.c = inf\n";
  return {folder / "all.toml", folder / "table.toml"};
}

std::vector<fs::path> encodings(const fs::path& folder) {
  const std::vector<EncodingsEntry> entries = encodings_of(on_grids(residual_network(2, false)));
  std::vector<fs::path> files;
  for (EncodingsVersion version : {EncodingsVersion::v2_0_0, EncodingsVersion::v1_0_0, EncodingsVersion::v0_6_1}) {
    files.push_back(folder / fmt::format("{}.json", name_of(version)));
    write_encodings(entries, version, files.back());
  }
  return files;
}

void read_encodings_file(const fs::path& file) {
  const EncodingsFile encodings = read_encodings(file);
  for (const EncodingsEntry& entry : encodings.entries) {
    if (!entry.is_float && entry.bits <= 16) encoding_of(entry, {.is_signed = true, .axis = 0}, 8);
  }
  write_encodings(encodings.entries, encodings.version, file.string() + ".again");
}

constexpr Reader kReaders[] = {
    {"onnx", networks, read_network},
    {"npy", arrays, read_array},
    {"npz", archives, [](const fs::path& file) { read_npz(file); }},
    {"jpeg", jpegs, [](const fs::path& file) { read_picture(file); }},
    {"png", pngs, read_png},
    {"encodings", encodings, read_encodings_file},
    {"toml", targets, [](const fs::path& file) { load_target(file.string()); }},
    {"config", configs, [](const fs::path& file) { cli::with_config_file({"quantize", "--config", file.string()}); }},
};

}  // namespace

std::span<const Reader> readers() { return kReaders; }

}  // namespace halftone::test
