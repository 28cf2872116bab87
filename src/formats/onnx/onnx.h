// ONNX files: reading into a Graph, writing a Graph as a QDQ model. Protobuf never leaves this folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "graph/graph.h"

namespace halftone {

// The one or two files of a model. Weights beyond what one protobuf file holds lie in `data`, which the model calls `data_name`:
// two things while the files have temporary names.
struct ModelFiles {
  std::filesystem::path model, data;
  std::string data_name;

  ModelFiles(std::filesystem::path model_, std::filesystem::path data_, std::string data_name_)
      : model(std::move(model_)), data(std::move(data_)), data_name(std::move(data_name_)) {}
  // NAME.onnx and NAME.onnx.data.
  explicit ModelFiles(const std::filesystem::path& model_);
};

constexpr std::uint64_t kLargestModelFile = 0x7fffffff;  // protobuf's sizes are 32 bits

// Reads a model. QuantizeLinear/DequantizeLinear pairs are left as nodes; absorb_qdq turns them into Encodings. Every
// Node gets a name (the file's, or a made one), as does every Value. Throws Error: missing, empty, truncated, not ONNX,
// sizes that do not fit the file, a name nothing makes, a cycle, a wrong rank. Weights may lie in files of the model's folder
// (external data). Model-local functions are inlined.
Graph read_onnx(const std::filesystem::path& path);
Graph read_onnx(const ModelFiles& files);

// Turns QuantizeLinear/DequantizeLinear nodes into Encodings on Values (DESIGN, idea 1): constants behind a
// DequantizeLinear become float constants with an Encoding (int32 biases without one), a Q/DQ pair on an activation
// becomes an Identity with the Encoding on its output, merged into the Value before it when every reader passes through it.
void absorb_qdq(Graph& graph);

// Writes the graph as it is, encodings as Q/DQ pairs, atomically. Codes of 4 bits stand in 8 where the graph's opset has
// no others. Throws Error (a grid that the opset cannot hold, unwritable, disk full). A model that takes more than `largest`
// bytes gets its weights in the second file; both get their names when both are written, one rename after the other.
void write_onnx(const Graph& graph, const std::filesystem::path& path);
void write_onnx(const Graph& graph, const ModelFiles& files, std::uint64_t largest = kLargestModelFile);

// The opset that a file needs for all of the graph's grids, with codes of 4 bits packed; 0 without grids.
int opset_for_grids(const Graph& graph);

// A TensorProto file (.pb), as ONNX's node tests store inputs and outputs.
Tensor read_onnx_tensor(const std::filesystem::path& path);

}  // namespace halftone
