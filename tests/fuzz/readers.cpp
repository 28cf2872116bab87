#include "fuzz/readers.h"

#include "data/dataset.h"
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

std::vector<fs::path> networks(const fs::path& folder) {
  write_onnx(residual_network(), folder / "float.onnx");
  write_onnx(on_grids(residual_network(2, false)), folder / "quantized.onnx");
  return {folder / "float.onnx", folder / "quantized.onnx"};
}

void read_network(const fs::path& file) {
  Graph graph = read_onnx(file);
  check_supported(graph, file.string());
  absorb_qdq(graph);
  verify(graph, "after reading");
  input_specs(graph);
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
};

}  // namespace

std::span<const Reader> readers() { return kReaders; }

}  // namespace halftone::test
