// Small networks and arrays for the command line's tests. Malformed files are made through the protobuf schema.
#pragma once

#include <onnx-ml.pb.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

#include "base/random.h"
#include "formats/onnx/onnx.h"
#include "tensor/npy.h"

namespace halftone::test {

inline Tensor normal_tensor(const Shape& shape, std::string_view purpose, float deviation = 1, float mean = 0) {
  Tensor tensor(DataType::float32, shape);
  const Random random(7, purpose);
  std::uint64_t index = 0;
  for (float& x : tensor.mutable_values<float>()) x = mean + deviation * static_cast<float>(random.normal(index++));
  return tensor;
}

struct SmallNet {
  std::int64_t batch = 0;      // 0: any
  bool batch_norm = false;
  std::int64_t side = 8;       // pictures of 3 x side x side
  std::int64_t width = 4;      // channels inside
};

inline NodeId add_node(Graph& graph, const std::string& type, const std::string& name, std::vector<ValueId> inputs, ValueId output,
                       const std::function<void(Attributes&)>& set = {}) {
  Node node;
  node.type = type;
  node.name = name;
  node.version = 13;
  node.inputs = std::move(inputs);
  node.outputs = {output};
  if (set) set(node.attributes);
  return graph.add_node(std::move(node));
}

// x -> conv1 [-> norm1] -> relu1 -> conv2 -> pool -> flatten -> fc -> y: N x 3 x side x side in, N x 5 out.
inline Graph small_net(const SmallNet& net = {}) {
  Graph graph;
  graph.name = "small net";
  graph.file.opsets[""] = 13;
  graph.file.producer_name = "a test";
  graph.file.metadata = {{"author", "somebody"}, {"licence", "free"}};
  const Dimension batch = net.batch > 0 ? Dimension{net.batch, ""} : Dimension{-1, "N"};
  const auto value = [&](const std::string& name) { return graph.add_value(name); };
  const auto constant = [&](const std::string& name, const Shape& shape, float deviation) {
    return graph.add_constant(name, normal_tensor(shape, name, deviation));
  };
  const auto pads = [](Attributes& a) { a.set("pads", std::vector<std::int64_t>{1, 1, 1, 1}); };
  const ValueId x = graph.add_value("x", DataType::float32, std::vector<Dimension>{batch, {3, ""}, {net.side, ""}, {net.side, ""}});
  graph.add_input(x);
  ValueId last = value("conv1_out");
  add_node(graph, "Conv", "conv1", {x, constant("conv1.weight", {net.width, 3, 3, 3}, 0.3f), constant("conv1.bias", {net.width}, 0.1f)}, last, pads);
  if (net.batch_norm) {
    const ValueId normed = value("norm1_out");
    const ValueId gain = graph.add_constant("norm1.gain", normal_tensor({net.width}, "gain", 0.1f, 1));
    const ValueId variance = graph.add_constant("norm1.variance", normal_tensor({net.width}, "variance", 0.05f, 2.5f));
    add_node(graph, "BatchNormalization", "norm1",
             {last, gain, constant("norm1.shift", {net.width}, 0.2f), constant("norm1.mean", {net.width}, 0.1f), variance}, normed);
    last = normed;
  }
  const ValueId relu = value("relu1_out"), conv2 = value("conv2_out"), pool = value("pool_out"), flat = value("flat_out");
  add_node(graph, "Relu", "relu1", {last}, relu);
  add_node(graph, "Conv", "conv2", {relu, constant("conv2.weight", {net.width, net.width, 3, 3}, 0.2f)}, conv2, pads);
  add_node(graph, "GlobalAveragePool", "pool", {conv2}, pool);
  add_node(graph, "Flatten", "flatten", {pool}, flat);
  const ValueId y = graph.add_value("y", DataType::float32, std::vector<Dimension>{batch, {5, ""}});
  add_node(graph, "Gemm", "fc", {flat, constant("fc.weight", {5, net.width}, 0.5f), constant("fc.bias", {5}, 0.1f)}, y,
           [](Attributes& a) { a.set("transB", std::int64_t{1}); });
  graph.add_output(y);
  return graph;
}

inline void write_net(const std::filesystem::path& path, const SmallNet& net = {}) { write_onnx(small_net(net), path); }

// The small net's file after `change`, which may break it.
inline void write_changed_net(const std::filesystem::path& path, const std::function<void(onnx::ModelProto&)>& change) {
  write_net(path);
  onnx::ModelProto model;
  {
    std::ifstream file(path, std::ios::binary);
    ASSERT_TRUE(model.ParseFromIstream(&file));
  }
  change(model);
  std::ofstream file(path, std::ios::binary);
  ASSERT_TRUE(model.SerializeToOstream(&file));
}

inline onnx::TensorProto& initializer(onnx::ModelProto& model, const std::string& name) {
  for (onnx::TensorProto& tensor : *model.mutable_graph()->mutable_initializer()) {
    if (tensor.name() == name) return tensor;
  }
  throw Error("no initializer '{}'", name);
}

inline onnx::NodeProto& node(onnx::ModelProto& model, const std::string& name) {
  for (onnx::NodeProto& node : *model.mutable_graph()->mutable_node()) {
    if (node.name() == name) return node;
  }
  throw Error("no node '{}'", name);
}

// N inputs of the small net.
inline void write_inputs(const std::filesystem::path& path, std::int64_t samples, std::int64_t side = 8) {
  write_npy(path, normal_tensor({samples, 3, side, side}, "inputs"));
}

inline void write_labels(const std::filesystem::path& path, const std::vector<std::int64_t>& labels) {
  write_npy(path, Tensor::from<std::int64_t>({static_cast<std::int64_t>(labels.size())}, labels));
}

// uint8 pictures N x side x side x 3.
inline void write_pictures(const std::filesystem::path& path, std::int64_t samples, std::int64_t side = 8) {
  Tensor tensor(DataType::uint8, {samples, side, side, 3});
  const Random random(7, "pictures");
  std::uint64_t index = 0;
  for (std::uint8_t& x : tensor.mutable_values<std::uint8_t>()) x = static_cast<std::uint8_t>(random.below(index++, 256));
  write_npy(path, tensor);
}

}  // namespace halftone::test
