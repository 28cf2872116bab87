// Model-local functions where ONNX Runtime has no say (tests/differential/make_files.py has what it computes).
#include <gtest/gtest.h>
#include <onnx-ml.pb.h>

#include <fstream>

#include "formats/onnx/onnx.h"
#include "support/temporary_folder.h"

namespace halftone::test {
namespace {

void add(google::protobuf::RepeatedPtrField<onnx::NodeProto>& nodes, const char* type, const char* domain, const std::vector<std::string>& inputs,
         const std::vector<std::string>& outputs) {
  onnx::NodeProto& node = *nodes.Add();
  node.set_op_type(type);
  node.set_domain(domain);
  for (const std::string& input : inputs) node.add_input(input);
  for (const std::string& output : outputs) node.add_output(output);
}

// y = call(x) of a function that the test fills.
struct Model {
  onnx::ModelProto proto;
  onnx::FunctionProto& function = *proto.add_functions();

  explicit Model(const std::vector<std::string>& inputs, const std::vector<std::string>& outputs = {"y"}) {
    proto.set_ir_version(9);
    proto.add_opset_import()->set_version(17);
    onnx::GraphProto& graph = *proto.mutable_graph();
    add(*graph.mutable_node(), "f", "local", inputs, outputs);
    auto& x = *graph.add_input();
    x.set_name("x");
    x.mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::FLOAT);
    for (const std::string& output : outputs) {
      if (!output.empty()) graph.add_output()->set_name(output);
    }
    function.set_domain("local");
    function.set_name("f");
    function.add_opset_import()->set_version(17);
  }

  Graph read() const {
    const TemporaryFolder folder;
    return read_onnx(folder.write("net.onnx", proto.SerializeAsString()));
  }
};

void set_alpha_from(onnx::NodeProto& node, const char* attribute) {
  auto* alpha = node.add_attribute();
  alpha->set_name("alpha");
  alpha->set_type(onnx::AttributeProto::FLOAT);
  alpha->set_ref_attr_name(attribute);
}

TEST(Functions, AnInputThatIsAnOutputIsPassedOn) {
  Model model({"x"});
  model.function.add_input("v");
  model.function.add_output("v");
  EXPECT_EQ(dump(model.read()), "y = Identity(x)\n");
}

TEST(Functions, OutputsMayBeLeftOutAndTwoMayBeOne) {
  Model model({"x"}, {"", "y", "z"});
  model.function.add_input("v");
  for (const char* output : {"a", "b", "b"}) model.function.add_output(output);
  add(*model.function.mutable_node(), "Relu", "", {"v"}, {"a"});
  add(*model.function.mutable_node(), "Neg", "", {"a"}, {"b"});
  EXPECT_EQ(dump(model.read()), "y/a = Relu(x)\ny = Neg(y/a)\nz = Identity(y)\n");
}

TEST(Functions, AbsentInputsStayAbsent) {
  Model model({"x"});
  for (const char* input : {"v", "low", "high"}) model.function.add_input(input);
  model.function.add_output("w");
  add(*model.function.mutable_node(), "Clip", "", {"v", "low", "high"}, {"w"});
  EXPECT_EQ(dump(model.read()), "y = Clip(x, -, -)\n");
}

TEST(Functions, NamesThatTheGraphHasAreNotTakenTwice) {
  Model model({"x"});
  model.function.add_input("v");
  model.function.add_output("w");
  add(*model.function.mutable_node(), "Relu", "", {"v"}, {"t"});
  add(*model.function.mutable_node(), "Neg", "", {"t"}, {"w"});
  add(*model.proto.mutable_graph()->mutable_node(), "Abs", "", {"y"}, {"y/t"});
  add(*model.proto.mutable_graph()->mutable_node(), "f", "local", {"y/t"}, {"z"});
  model.proto.mutable_graph()->add_output()->set_name("z");
  EXPECT_EQ(dump(model.read()), "y/t_2 = Relu(x)\ny = Neg(y/t_2)\ny/t = Abs(y)\nz/t = Relu(y/t)\nz = Neg(z/t)\n");
}

TEST(Functions, AttributesComeFromTheCallOrTheDefaultOrStayUnset) {
  for (const std::string given : {"call", "default", "nothing"}) {
    Model model({"x"});
    model.function.add_input("v");
    model.function.add_output("w");
    add(*model.function.mutable_node(), "LeakyRelu", "", {"v"}, {"w"});
    set_alpha_from(*model.function.mutable_node(0), "slope");
    onnx::AttributeProto slope;
    slope.set_name("slope");
    slope.set_type(onnx::AttributeProto::FLOAT);
    slope.set_f(0.5f);
    if (given != "nothing") *model.function.add_attribute_proto() = slope;
    slope.set_f(0.25f);
    if (given == "call") *model.proto.mutable_graph()->mutable_node(0)->add_attribute() = slope;
    const Graph graph = model.read();
    const Attributes& attributes = graph.node(graph.nodes().at(0)).attributes;
    EXPECT_EQ(attributes.real("alpha", 0.125f), given == "call" ? 0.25f : given == "default" ? 0.5f : 0.125f);
  }
}

}  // namespace
}  // namespace halftone::test
