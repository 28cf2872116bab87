// Small networks for tests, with weights from a seed.
#pragma once

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "graph/graph.h"

namespace halftone::test {

inline Tensor random_tensor(const Shape& shape, std::uint64_t seed, double deviation = 1) {
  Tensor tensor(DataType::float32, shape);
  const Random random(seed, "test tensor");
  std::uint64_t i = 0;
  for (float& v : tensor.mutable_values<float>()) v = static_cast<float>(deviation * random.normal(i++));
  return tensor;
}

struct ConvOptions {
  std::int64_t group = 1, stride = 1, dilation = 1;
  std::vector<std::int64_t> pads = {0, 0, 0, 0};
  bool bias = true;
  double deviation = -1;  // of the weights; negative: 1 / sqrt(products)
};

// Adds nodes of opset 13 and returns their outputs. Nodes are named like their outputs: "conv1", "relu2", ...
class NetBuilder {
 public:
  explicit NetBuilder(std::uint64_t seed = 1) : seed_(seed) {
    graph.name = "test";
    graph.file.opsets[""] = 13;
    graph.file.ir_version = 8;
  }

  ValueId input(const Shape& shape, bool dynamic_batch = true, const std::string& name = "input") {
    std::vector<Dimension> dims;
    for (std::int64_t size : shape) dims.push_back({size, ""});
    if (dynamic_batch) dims[0] = {-1, "N"};
    const ValueId id = graph.add_value(name, DataType::float32, dims);
    graph.add_input(id);
    return id;
  }

  ValueId constant(const Tensor& tensor, const std::string& name = "") {
    return graph.add_constant(name.empty() ? "constant" + std::to_string(++count_) : name, tensor);
  }

  ValueId node(const std::string& type, std::vector<ValueId> inputs, const std::vector<std::pair<std::string, Attribute>>& attributes = {}) {
    Node n;
    n.type = type;
    n.name = lower(type) + std::to_string(++count_);
    n.version = graph.file.opsets[""];
    n.inputs = std::move(inputs);
    const ValueId out = graph.add_value(n.name + "_out");
    n.outputs = {out};
    for (const auto& [name, value] : attributes) n.attributes.set(name, value);
    graph.add_node(std::move(n));
    return out;
  }

  ValueId conv(ValueId x, std::int64_t in, std::int64_t out, std::int64_t kernel, const ConvOptions& o = {}) {
    const double each = static_cast<double>(in / o.group * kernel * kernel);
    const Tensor w = random_tensor({out, in / o.group, kernel, kernel}, ++seed_, o.deviation > 0 ? o.deviation : 1 / std::sqrt(each));
    std::vector<ValueId> inputs = {x, constant(w, "w" + std::to_string(++count_))};
    if (o.bias) inputs.push_back(constant(random_tensor({out}, ++seed_, 0.3), "b" + std::to_string(++count_)));
    using Ints = std::vector<std::int64_t>;
    return node("Conv", inputs, {{"kernel_shape", Ints{kernel, kernel}}, {"strides", Ints{o.stride, o.stride}}, {"pads", o.pads},
                                 {"dilations", Ints{o.dilation, o.dilation}}, {"group", o.group}});
  }

  ValueId batch_norm(ValueId x, std::int64_t channels) {
    std::vector<ValueId> inputs = {x};
    for (int i = 0; i < 4; ++i) {
      Tensor t = random_tensor({channels}, ++seed_, 0.5);
      if (i == 3) {
        for (float& v : t.mutable_values<float>()) v = v * v + 0.1f;
      }
      inputs.push_back(constant(t));
    }
    return node("BatchNormalization", inputs, {{"epsilon", 1e-3f}});
  }

  ValueId relu(ValueId x) { return node("Relu", {x}); }
  ValueId clip(ValueId x, float low, float high) { return node("Clip", {x, constant(Tensor::scalar(low)), constant(Tensor::scalar(high))}); }
  ValueId add(ValueId a, ValueId b) { return node("Add", {a, b}); }
  ValueId gemm(ValueId x, std::int64_t in, std::int64_t out) {
    return node("Gemm", {x, constant(random_tensor({out, in}, ++seed_, 1 / std::sqrt(static_cast<double>(in)))), constant(random_tensor({out}, ++seed_, 0.3))},
                {{"transB", std::int64_t{1}}});
  }
  ValueId flatten(ValueId x) { return node("Flatten", {x}); }
  ValueId max_pool(ValueId x, std::int64_t kernel = 2) {
    using Ints = std::vector<std::int64_t>;
    return node("MaxPool", {x}, {{"kernel_shape", Ints{kernel, kernel}}, {"strides", Ints{kernel, kernel}}});
  }
  ValueId global_average_pool(ValueId x) { return node("GlobalAveragePool", {x}); }

  Graph finish(ValueId output, const std::string& name = "logits") {
    graph.edit(output).name = name;
    graph.add_output(output);
    verify(graph, "test");
    return graph;
  }

  Graph graph;

 private:
  static std::string lower(std::string text) {
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
  }

  std::uint64_t seed_;
  int count_ = 0;
};

// A residual network of 3x8x8 pictures: convs with BatchNormalization, a residual Add, pools, Gemm with 10 classes.
inline Graph residual_network(std::uint64_t seed = 1, bool with_batch_norm = true) {
  NetBuilder b(seed);
  const ValueId x = b.input({1, 3, 8, 8});
  const auto block = [&](ValueId in, std::int64_t from, std::int64_t to, ConvOptions o) {
    const ValueId y = b.conv(in, from, to, 3, o);
    return with_batch_norm ? b.batch_norm(y, to) : y;
  };
  const ValueId stem = b.relu(block(x, 3, 8, {.pads = {1, 1, 1, 1}, .bias = false}));
  const ValueId branch = b.clip(block(stem, 8, 8, {.group = 8, .pads = {1, 1, 1, 1}}), 0, 6);
  const ValueId sum = b.relu(b.add(block(branch, 8, 8, {.pads = {1, 1, 1, 1}}), stem));
  const ValueId pooled = b.max_pool(sum);
  const ValueId last = b.relu(block(pooled, 8, 16, {.stride = 2, .pads = {0, 0, 1, 1}}));
  return b.finish(b.gemm(b.flatten(b.global_average_pool(last)), 16, 10));
}


}  // namespace halftone::test
