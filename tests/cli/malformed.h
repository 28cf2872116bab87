// ONNX files that are broken in one way each: the small net after a change, or a net of one node.
#pragma once

#include "cli/models.h"
#include "formats/onnx/functions.h"
#include "formats/onnx/tensor_proto.h"

namespace halftone::test::malformed {

namespace fs = std::filesystem;
using Model = onnx::ModelProto;
using Node = onnx::NodeProto;
using Bytes = std::function<std::string(const fs::path&)>;
using Ints = std::vector<std::int64_t>;

inline std::string net_bytes(const fs::path& folder) {
  write_net(folder / "net.onnx");
  const std::string bytes = read_text(folder / "net.onnx");
  fs::remove(folder / "net.onnx");
  return bytes;
}

// The small net after `change`.
inline Bytes net(const std::function<void(Model&)>& change) {
  return [=](const fs::path& folder) {
    Model model;
    model.ParseFromString(net_bytes(folder));
    change(model);
    return model.SerializeAsString();
  };
}

inline Bytes with_files(const std::function<void(Model&, const fs::path&)>& change) {
  return [=](const fs::path& folder) { return net([&](Model& model) { change(model, folder); })(folder); };
}

inline Bytes bytes(const std::function<std::string(const std::string&)>& change) {
  return [=](const fs::path& folder) { return change(net_bytes(folder)); };
}

inline void set(Node& node, const char* name, std::int64_t value) {
  auto* attribute = node.add_attribute();
  attribute->set_name(name);
  attribute->set_type(onnx::AttributeProto::INT);
  attribute->set_i(value);
}

inline void set(Node& node, const char* name, const Ints& values) {
  auto* attribute = node.add_attribute();
  attribute->set_name(name);
  attribute->set_type(onnx::AttributeProto::INTS);
  for (std::int64_t value : values) attribute->add_ints(value);
}

inline onnx::GraphProto& set_body(Node& node, const char* name) {
  auto* attribute = node.add_attribute();
  attribute->set_name(name);
  attribute->set_type(onnx::AttributeProto::GRAPH);
  attribute->mutable_g()->set_name(name);
  return *attribute->mutable_g();
}

inline Node& add(google::protobuf::RepeatedPtrField<Node>& nodes, const char* type, const char* name, const std::vector<std::string>& inputs, const std::vector<std::string>& outputs) {
  Node& node = *nodes.Add();
  node.set_op_type(type);
  node.set_name(name);
  for (const std::string& input : inputs) node.add_input(input);
  for (const std::string& output : outputs) node.add_output(output);
  return node;
}

inline void add_initializer(Model& model, const std::string& name, const Tensor& tensor) { tensor_to_proto(tensor, name, *model.mutable_graph()->add_initializer()); }

inline Tensor ones(const Shape& shape, DataType type = DataType::float32) {
  Tensor tensor(DataType::float32, shape);
  for (float& x : tensor.mutable_values<float>()) x = 1;
  return convert(tensor, type);
}

inline Tensor ints(const Ints& values) { return Tensor::from<std::int64_t>({std::ssize(values)}, values); }

// y = type(x, constants...), x: N x 3 x 8 x 8 floats; the node is called "n", the constants "a", "b", ...
inline Bytes one(const char* type, const std::vector<Tensor>& constants = {}, const std::function<void(Node&)>& change = {}) {
  return net([=](Model& model) {
    onnx::GraphProto& graph = *model.mutable_graph();
    graph.clear_node();
    graph.clear_initializer();
    graph.mutable_output(0)->clear_type();
    Node& node = add(*graph.mutable_node(), type, "n", {"x"}, {"y"});
    for (std::size_t i = 0; i < constants.size(); ++i) {
      const std::string name(1, static_cast<char>('a' + i));
      node.add_input(name);
      add_initializer(model, name, constants[i]);
    }
    if (change) change(node);
  });
}

inline onnx::TensorProto& external(Model& model, const std::string& location, const std::string& offset = "", const std::string& length = "") {
  onnx::TensorProto& weight = initializer(model, "fc.weight");  // 5 x 4 floats
  weight.clear_raw_data();
  weight.set_data_location(onnx::TensorProto::EXTERNAL);
  const auto say = [&](const char* key, const std::string& value) {
    if (value.empty()) return;
    auto* entry = weight.add_external_data();
    entry->set_key(key);
    entry->set_value(value);
  };
  say("location", location);
  say("offset", offset);
  say("length", length);
  return weight;
}

inline void write_zeros(const fs::path& file, std::size_t count) { std::ofstream(file, std::ios::binary) << std::string(count, '\0'); }

// y = If(condition, then, else) beside the net, whose condition is always true; the bodies pass conv1_out on.
inline Node& add_if(Model& model) {
  add_initializer(model, "condition", Tensor::from<bool>({}, {true}));
  Node& node = add(*model.mutable_graph()->mutable_node(), "If", "if", {"condition"}, {"chosen"});
  for (const char* branch : {"then_branch", "else_branch"}) {
    onnx::GraphProto& body = set_body(node, branch);
    add(*body.mutable_node(), "Relu", "inner", {"conv1_out"}, {std::string(branch) + "_out"});
    body.add_output()->set_name(std::string(branch) + "_out");
  }
  model.mutable_graph()->add_output()->set_name("chosen");
  return node;
}

// The bodies of If nodes within each other, `depth` deep. Written from the inside, as protobuf would recurse.
inline std::string nested_bodies(int depth) {
  const auto field = [](int number, const std::string& content) {
    std::string bytes;
    const auto varint = [&](std::uint64_t value) {
      for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<char>(value | 0x80));
      bytes.push_back(static_cast<char>(value));
    };
    varint(static_cast<std::uint64_t>(number) << 3 | 2);
    varint(content.size());
    return bytes + content;
  };
  std::string graph = field(12, field(1, "y"));
  for (int i = 0; i < depth; ++i) graph = field(1, field(4, "If") + field(5, field(1, "then_branch") + field(6, graph) + std::string("\xa0\x01\x05"))) + field(12, field(1, "y"));
  return std::string("\x08\x08") + field(7, graph) + field(8, std::string("\x10\x0d"));
}

inline onnx::FunctionProto& add_function(Model& model, const char* name, const char* calls) {
  onnx::FunctionProto& function = *model.add_functions();
  function.set_domain("local");
  function.set_name(name);
  function.add_input("in");
  function.add_output("out");
  function.add_opset_import()->set_version(13);
  Node& node = add(*function.mutable_node(), calls, "inner", {"in"}, {"out"});
  if (std::string_view(calls) != "Relu") node.set_domain("local");
  return function;
}

// relu1 becomes a call.
inline void call_function(Model& model, const char* name) {
  node(model, "relu1").set_op_type(name);
  node(model, "relu1").set_domain("local");
  auto* opset = model.add_opset_import();
  opset->set_domain("local");
  opset->set_version(1);
}

}  // namespace halftone::test::malformed
