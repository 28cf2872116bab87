// ONNX's own node tests (make_node_tests.py), through the reader and the Session in float32. Each case runs with its
// inputs bound in three ways, which reach different code: the plan for run-time inputs, the usual model with constant
// weights and shapes, and the reference itself (a node whose inputs are all known is computed while planning).
#include <fnmatch.h>

#include <iostream>
#include <map>
#include <set>

#include "engine/session.h"
#include "operators/operator.h"
#include "support/case_folder.h"
#include "support/temporary_folder.h"

namespace halftone {
namespace {

const std::filesystem::path kFolder = HALFTONE_BINARY_DIR "/node_tests";

// As ONNX's own runner has it; results in bfloat16 and float16, which chains of nodes round again and again, within a step or two.
test::Tolerance tolerance_for(DataType type) {
  if (type == DataType::bfloat16) return {.absolute = 1e-3, .relative = 0x1p-6};
  return {.absolute = 1e-5, .relative = type == DataType::float16 ? 0x1p-9 : 1e-3};
}

// The cases that halftone does not compute: it must refuse each with an Error that holds `message`.
struct Refusal {
  const char* pattern;
  const char* message;
  const char* reason;
};
constexpr Refusal kRefusals[] = {
    {"test_batchnorm_*_training_mode", "training_mode", "quantization takes models exported for inference"},
    {"test_training_dropout", "training_mode", "quantization takes models exported for inference"},
    {"test_training_dropout_mask", "training_mode", "quantization takes models exported for inference"},
    {"test_training_dropout_default*", "training_mode", "quantization takes models exported for inference"},
    {"test_*quantizelinear_e4m3fn*", "FLOAT8E4M3FN", "8-bit floats are no element type of ours"},
    {"test_*quantizelinear_e5m2", "FLOAT8E5M2", "8-bit floats are no element type of ours"},
    {"test_*quantizelinear_float4e2m1", "FLOAT4E2M1", "4-bit floats are no element type of ours"},
    {"test_*quantizelinear_int2", "INT2", "2-bit integers are no element type of ours"},
    {"test_*quantizelinear_uint2", "UINT2", "2-bit integers are no element type of ours"},
    {"test_cast*FLOAT8*", "FLOAT8", "8-bit floats are no element type of ours"},
    {"test_cast*FLOAT4*", "FLOAT4", "4-bit floats are no element type of ours"},
    {"test_cast*INT2*", "INT2", "2-bit integers are no element type of ours"},
    {"test_equal_string*", "STRING", "strings are no element type of ours"},
};

// Cases whose outputs are others on purpose, and why.
struct Deviation {
  const char* pattern;
  const char* reason;
};
constexpr Deviation kDeviations[] = {
    {"test_resize_downsample_scales_*_align_corners", "corners are those of the output's whole size, as ONNX Runtime has it; the case takes scale * size"},
};

const Deviation* deviation_of(const std::string& name) {
  for (const Deviation& deviation : kDeviations) {
    if (fnmatch(deviation.pattern, name.c_str(), 0) == 0) return &deviation;
  }
  return nullptr;
}

// Operators that ONNX has no case of; tests/operators or tests/differential has one.
const std::set<std::string> kWithoutCase = {"DynamicQuantizeLSTM", "GlobalLpPool", "MaxRoiPool", "Scaler", "TreeEnsembleClassifier", "TreeEnsembleRegressor"};

const Refusal* refusal_of(const std::string& name) {
  for (const Refusal& refusal : kRefusals) {
    if (fnmatch(refusal.pattern, name.c_str(), 0) == 0) return &refusal;
  }
  return nullptr;
}

// How many graph inputs, counted from the first, stay inputs; the others become constants.
enum class Binding { all_run_time, auxiliary_constant, all_constant };
constexpr Binding kBindings[] = {Binding::all_run_time, Binding::auxiliary_constant, Binding::all_constant};

const char* name_of(Binding binding) {
  if (binding == Binding::all_run_time) return "all inputs at run time";
  return binding == Binding::auxiliary_constant ? "inputs after the first are constants" : "all inputs are constants";
}

std::size_t inputs_left(Binding binding, std::size_t count) {
  if (binding == Binding::all_run_time) return count;
  return binding == Binding::auxiliary_constant ? std::min<std::size_t>(count, 1) : 0;
}

std::vector<Tensor> run(const test::Case& node_test, Binding binding) {
  Graph graph = node_test.graph;
  std::vector<Tensor> inputs = node_test.inputs;
  const std::vector<ValueId> ids = graph.inputs();
  const std::size_t left = inputs_left(binding, ids.size());
  for (std::size_t i = left; i < ids.size(); ++i) graph.bind_input(ids[i], inputs[i]);
  inputs.resize(left);
  return Session(graph, Arithmetic::float32, /*threads=*/1).run(inputs);
}

// What ran, printed at the end.
struct Counts {
  int passed = 0, skipped = 0;
} counts;

class Summary : public testing::Environment {
  void TearDown() override {
    std::cout << fmt::format("golden: {} cases passed, {} skipped (see table)\n", counts.passed, counts.skipped);
  }
};
const auto* const kSummary = testing::AddGlobalTestEnvironment(new Summary);

class NodeTest : public testing::TestWithParam<std::string> {
 protected:
  void expect_refused(const Refusal& refusal) {
    try {
      run(test::read_case(kFolder / GetParam()), Binding::auxiliary_constant);
      ADD_FAILURE() << "it runs now: delete its line of the table";
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr(refusal.message));
    }
  }

  void expect_outputs(const test::Case& node_test, Binding binding) {
    SCOPED_TRACE(name_of(binding));
    const std::vector<Tensor> outputs = run(node_test, binding);
    ASSERT_EQ(outputs.size(), node_test.outputs.size());
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      EXPECT_EQ(test::difference(outputs[i], node_test.outputs[i], tolerance_for(outputs[i].type())), "") << "output " << i;
    }
  }

};

Graph written_and_read(const Graph& graph) {
  const test::TemporaryFolder folder;
  write_onnx(graph, folder / "model.onnx");
  return read_onnx(folder / "model.onnx");
}

TEST_P(NodeTest, GivesOnnxsOutputs) {
  if (const Refusal* refusal = refusal_of(GetParam())) {
    expect_refused(*refusal);
    ++counts.skipped;
    GTEST_SKIP() << refusal->reason;
  }
  if (const Deviation* deviation = deviation_of(GetParam())) {
    ++counts.skipped;
    GTEST_SKIP() << deviation->reason;
  }
  const test::Case node_test = test::read_case(kFolder / GetParam());
  ASSERT_EQ(node_test.graph.inputs().size(), node_test.inputs.size());
  check_supported(node_test.graph, GetParam());
  std::set<std::size_t> done;
  for (Binding binding : kBindings) {
    if (done.insert(inputs_left(binding, node_test.inputs.size())).second) expect_outputs(node_test, binding);
  }
  expect_outputs({written_and_read(node_test.graph), node_test.inputs, node_test.outputs}, Binding::all_run_time);
  if (!HasFailure()) ++counts.passed;
}

INSTANTIATE_TEST_SUITE_P(Onnx, NodeTest, testing::ValuesIn(test::case_names(kFolder)),
                         [](const auto& info) { return info.param; });

TEST(NodeTests, CoverEveryOperator) {
  std::map<std::string, int> cases;
  for (const std::string& name : test::case_names(kFolder)) {
    if (refusal_of(name) != nullptr) continue;
    const Graph graph = read_onnx(kFolder / name / "model.onnx");
    for (NodeId id : graph.nodes()) ++cases[graph.node(id).type];
  }
  ASSERT_FALSE(cases.empty()) << kFolder << " is missing or empty: run tests/golden/make_node_tests.py, or ctest";
  for (const Operator* op : all_operators()) {
    if (kWithoutCase.contains(std::string(op->type))) continue;
    EXPECT_GT(cases[std::string(op->type)], 0) << op->type << ": name it in make_node_tests.py";
  }
}

TEST(NodeTests, EveryLineOfTheTableIsUsed) {
  const std::vector<std::string> names = test::case_names(kFolder);
  for (const Refusal& refusal : kRefusals) {
    EXPECT_TRUE(std::any_of(names.begin(), names.end(), [&](const std::string& name) { return refusal_of(name) == &refusal; }))
        << refusal.pattern << " matches no case";
  }
}

}  // namespace
}  // namespace halftone
