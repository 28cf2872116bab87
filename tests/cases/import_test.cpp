// Cases from the field: Import.
#include <gmock/gmock.h>

#include <set>

#include "base/file.h"
#include "cases/case_run.h"

namespace halftone::test {
namespace {

constexpr ValueId kAbsent = ValueId::none;

Tensor identity_weight(std::int64_t channels) {
  Tensor w(DataType::float32, {channels, channels, 1, 1});
  for (std::int64_t i = 0; i < channels; ++i) w.mutable_values<float>()[static_cast<std::size_t>(i * channels + i)] = 1;
  return w;
}

TEST(Import, I1_ResizeWithAbsentInputs) {
  const MemoryDataset data(random_tensor({8, 3, 4, 4}, 5));
  for (int opset : {11, 13, 18}) {
    for (bool by_sizes : {true, false}) {
      for (const char* mode : {"nearest", "linear"}) {
        const std::string name = fmt::format("I1_{}_{}_{}", opset, by_sizes ? "sizes" : "scales", mode);
        SCOPED_TRACE(name);
        NetBuilder b;
        b.graph.file.opsets[""] = opset;
        const ValueId x = b.input({1, 3, 4, 4}, false), y = b.node("Conv", {x, b.constant(identity_weight(3))});
        const ValueId sizes = b.constant(Tensor::from<std::int64_t>({4}, {1, 3, 8, 8})), scales = b.constant(Tensor::from<float>({4}, {1, 1, 2, 2}));
        const std::vector<ValueId> inputs = by_sizes ? std::vector{y, kAbsent, kAbsent, sizes} : std::vector{y, b.constant(Tensor(DataType::float32, {0})), scales};
        const CaseRun run = run_case(name, b.finish(b.node("Resize", inputs, {{"mode", std::string(mode)}})), data, {.activation_range = RangeMethod::minmax});
        const Encoding* grid = run.quantized.encoding(run.quantized.producer(run.quantized.find_value(run.quantized.value(run.quantized.outputs()[0]).name))->input(0));
        ASSERT_NE(grid, nullptr);
        EXPECT_LE(largest_difference(run.codes(), run.floats()), grid->scale[0]);
        EXPECT_EQ(run.simulated[0].shape(), (Shape{1, 3, 8, 8}));
      }
    }
  }
}

struct Raised {
  const char* name;
  int opset;
  QuantizeOptions options;
  int expected;
};

TEST(Import, I2_OpsetsAreRaisedAndTheSchemeStays) {
  const QuantizeOptions channel, tensor{.granularity = Granularity::tensor}, int16{.activation_bits = 16, .signed_activations = true}, int4{.weight_bits = 4};
  const MemoryDataset data(random_tensor({8, 32, 6, 6}, 5));
  for (const Raised& c : {Raised{"channel_11", 11, channel, 13}, {"channel_7", 7, channel, 13}, {"channel_8", 8, channel, 13}, {"channel_9", 9, channel, 13},
                          {"tensor_11", 11, tensor, 11}, {"tensor_7", 7, tensor, 10}, {"int16_17", 17, int16, 21}, {"int16_9", 9, int16, 21}, {"int4_17", 17, int4, 21},
                          {"channel_17", 17, channel, 17}, {"channel_21", 21, channel, 21}}) {
    SCOPED_TRACE(c.name);
    NetBuilder b;
    b.graph.file.opsets[""] = c.opset;
    const ValueId x = b.input({1, 32, 6, 6});
    const CaseRun run = run_case(std::string("I2_") + c.name, b.finish(b.relu(b.conv(x, 32, 32, 3, {.group = 32, .pads = {1, 1, 1, 1}}))), data, c.options);
    EXPECT_EQ(run.quantized.file.opsets.at(""), c.expected);
    const Encoding& weight = *run.quantized.encoding(layers_of(run.quantized).at(0).weight);
    EXPECT_EQ(weight.scale.size(), c.options.granularity == Granularity::channel ? 32u : 1u);
    EXPECT_EQ(weight.bits, c.options.weight_bits);
    EXPECT_EQ(run.quantized.encoding(run.quantized.inputs()[0])->bits, c.options.activation_bits);
    EXPECT_EQ(run.quantized.encoding(run.quantized.inputs()[0])->is_signed, c.options.signed_activations);
    if (c.expected == c.opset) {
      EXPECT_THAT(run.report.warnings, testing::IsEmpty());
    } else {
      EXPECT_THAT(run.report.warnings, testing::ElementsAre(testing::HasSubstr(fmt::format("opset is {} in place of {}", c.expected, c.opset))));
    }
  }
}

// x w, or -x w, of values that it takes from around it.
std::shared_ptr<const Graph> branch(const std::string& name, bool negative) {
  Graph body;
  body.name = name;
  body.file.opsets[""] = 13;
  const ValueId x = body.add_value(name + "_x"), w = body.add_value(name + "_w"), product = body.add_value(name + "_product");
  body.add_input(x);
  body.add_input(w);
  body.add_node({.name = name + "_multiply", .type = "MatMul", .version = 13, .inputs = {x, w}, .outputs = {product}});
  ValueId result = product;
  if (negative) {
    result = body.add_value(name + "_negative");
    body.add_node({.name = name + "_neg", .type = "Neg", .version = 13, .inputs = {product}, .outputs = {result}});
  }
  body.add_output(result);
  return std::make_shared<const Graph>(std::move(body));
}

TEST(Import, I3_AWeightThatBranchesUseStaysThereInFloat) {
  NetBuilder b;
  const ValueId x = b.input({1, 8}), w = b.constant(random_tensor({8, 8}, 3), "W");
  const ValueId product = b.node("MatMul", {x, w});
  const ValueId positive = b.node("Greater", {b.node("ReduceMax", {x}, {{"keepdims", std::int64_t{0}}}), b.constant(Tensor::scalar(2.0f))});
  const ValueId chosen = b.node("If", {positive, x, w}, {{"then_branch", branch("then", false)}, {"else_branch", branch("else", true)}});
  b.graph.edit(b.graph.value(chosen).producer).captured = 2;
  const std::string name = b.graph.producer(chosen)->name;
  b.graph.add_output(chosen);
  b.graph.edit(chosen).dims = {{-1, "N"}, {8, ""}};
  for (const auto& [granularity, suffix] : kGranularities) {
    NetBuilder copy = b;
    const CaseRun run = run_case(std::string("I3") + suffix, copy.finish(product), MemoryDataset(random_tensor({16, 8}, 5)), {.granularity = granularity});
    EXPECT_EQ(run.report.quantized_layers, 1);
    EXPECT_EQ(run.report.layers, 1);
    EXPECT_THAT(run.reason(name), testing::HasSubstr("If in float"));
    const Node* inner = run.quantized.producer(run.quantized.find_value("if" + name.substr(2) + "_out"));
    ASSERT_NE(inner, nullptr);
    const Tensor* kept = run.quantized.constant(inner->input(2));
    ASSERT_NE(kept, nullptr);
    EXPECT_EQ(to_floats(*kept), to_floats(*run.graph.constant(run.graph.find_value("W"))));
    EXPECT_LE(largest_difference(run.codes(0), run.floats(0)), 1e-6);  // the branch computes in float, of the real x
    EXPECT_LE(largest_difference(run.codes(1), run.floats(1)), 3 * run.step(1));
  }
}

using Change = std::function<void(onnx::GraphProto&)>;

TEST(Import, I4_NamesThatAreMissingOrDoubleAndInitializersAmongTheInputs) {
  const std::pair<const char*, Change> variants[] = {
      {"as_written", [](onnx::GraphProto&) {}},
      {"unnamed", [](onnx::GraphProto& graph) {
         for (auto& node : *graph.mutable_node()) node.clear_name();
       }},
      {"doubled", [](onnx::GraphProto& graph) {
         for (auto& node : *graph.mutable_node()) node.set_name("same");
       }},
      {"listed", [](onnx::GraphProto& graph) {
         for (const auto& tensor : graph.initializer()) {
           auto* input = graph.add_input();
           input->set_name(tensor.name());
           auto* type = input->mutable_type()->mutable_tensor_type();
           type->set_elem_type(tensor.data_type());
           type->mutable_shape();
           for (std::int64_t size : tensor.dims()) type->mutable_shape()->add_dim()->set_dim_value(size);
         }
       }}};
  const MemoryDataset data(random_tensor({8, 3, 8, 8}, 5));
  std::map<std::string, std::vector<float>> expected;
  for (const auto& [name, change] : variants) {
    SCOPED_TRACE(name);
    CaseRun run{.folder = case_folder(std::string("I4_") + name)};
    run.graph = residual_network();
    declare_ranks(run.graph, data.read(0, 1, {}).inputs);
    write_onnx(run.graph, run.folder / "plain.onnx");
    onnx::ModelProto model = read_proto(run.folder / "plain.onnx");
    change(*model.mutable_graph());
    std::ofstream(run.folder / "net.onnx", std::ios::binary) << model.SerializeAsString();
    std::string first;
    for (int i = 0; i < 2; ++i) {
      run.report = quantize_file({run.folder / "net.onnx", run.folder / "q.onnx"}, read_onnx(run.folder / "net.onnx"), data, {}, {});
      if (first.empty()) first = read_text(run.folder / "q.onnx");
      EXPECT_EQ(read_text(run.folder / "q.onnx"), first);
    }
    EXPECT_EQ(run.report.quantized_layers, 5);
    std::map<std::string, std::vector<float>> scales;
    for (const ValueRecord& value : run.report.values) scales[value.name] = value.scale;
    if (expected.empty()) expected = scales;
    EXPECT_EQ(scales, expected);
    std::set<std::string> names;
    const onnx::ModelProto written = read_proto(run.folder / "q.onnx");
    for (const auto& node : written.graph().node()) {
      EXPECT_FALSE(node.name().empty()) << node.op_type();
      EXPECT_TRUE(names.insert(node.name()).second) << node.name();
    }
    read_back(run, data);
  }
}

}  // namespace
}  // namespace halftone::test
