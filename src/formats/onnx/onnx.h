// ONNX files: reading into a Graph, writing a Graph as a QDQ model. Protobuf never leaves this folder.
#pragma once

#include <filesystem>
#include <string>

#include "graph/graph.h"

namespace halftone {

// Reads a model. QuantizeLinear/DequantizeLinear pairs are left as nodes; absorb_qdq turns them into Encodings. Every
// Node gets a name (the file's, or a made one), as does every Value. Throws Error: missing, empty, truncated, not ONNX,
// sizes that do not fit the file, a name nothing makes, a cycle, a wrong rank.
Graph read_onnx(const std::filesystem::path& path);

// Turns QuantizeLinear/DequantizeLinear nodes into Encodings on Values (DESIGN, idea 1): constants behind a
// DequantizeLinear become float constants with an Encoding (int32 biases without one), a Q/DQ pair on an activation
// becomes an Identity with the Encoding on its output, merged into the Value before it when every reader passes through it.
void absorb_qdq(Graph& graph);

// Writes the graph as it is, encodings as Q/DQ pairs, atomically. Codes of 4 bits stand in 8 where the graph's opset has
// no others. Throws Error (a grid that the opset cannot hold, unwritable, disk full).
void write_onnx(const Graph& graph, const std::filesystem::path& path);

// The opset that a file needs for all of the graph's grids, with codes of 4 bits packed; 0 without grids.
int opset_for_grids(const Graph& graph);

// A TensorProto file (.pb), as ONNX's node tests store inputs and outputs.
Tensor read_onnx_tensor(const std::filesystem::path& path);

}  // namespace halftone
