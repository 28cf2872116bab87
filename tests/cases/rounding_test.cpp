// Cases from the field: Rounding, of real numbers to codes.
#include "cases/case_run.h"

namespace halftone::test {
namespace {

struct Rounded {
  const char* name;
  float scale;
  std::vector<float> values;
  std::vector<float> codes;
};

// As halves: 0.0500183 and 0.0999756 are the nearest real numbers of 16 bits.
float half(float x) { return to_floats(convert(Tensor::scalar(x), DataType::float16))[0]; }

const Rounded kRounded[] = {{"ties", 0.5f, {.25f, .75f, 1.25f, 1.75f, -.25f, -.75f}, {0, 2, 2, 4, 0, -2}},
                            {"ends", 1, {-129, -128, 127, 128}, {-128, -128, 127, 127}},
                            {"halves", half(0.0999756f), {half(0.0500183f), half(-0.0500183f)}, {1, -1}}};

std::shared_ptr<const Encoding> int8_grid(float scale) { return std::make_shared<const Encoding>(Encoding{.is_signed = true, .scale = {scale}, .zero_point = {0}}); }

TEST(Rounding, R1_SimulatedAndInConstants) {
  for (const Rounded& c : kRounded) {
    SCOPED_TRACE(c.name);
    const auto count = std::ssize(c.values);
    NetBuilder b;
    const ValueId x = b.input({1, 1, 1, count}, false), y = b.max_pool(x, 1);
    const ValueId row = b.input({1, 1}, false, "one"), w = b.constant(Tensor::from<float>({1, count}, c.values), "w");
    const ValueId product = b.node("MatMul", {row, w});
    b.graph.add_output(product);
    CaseRun run{.folder = case_folder(std::string("R1_") + c.name), .graph = b.finish(y)};
    run.graph.edit(x).encoding = run.graph.edit(y).encoding = int8_grid(c.scale);
    run.graph.edit(w).encoding = std::make_shared<const Encoding>(Encoding{.is_signed = true, .symmetric = true, .scale = {c.scale}, .zero_point = {0}});
    run.graph.edit(row).encoding = int8_grid(0.0078125f);
    run.inputs = {Tensor::from<float>({1, 1, 1, count}, c.values), Tensor::from<float>({1, 1}, {0.5f})};
    declare_ranks(run.graph, run.inputs);
    write_onnx(run.graph, run.folder / "q.onnx");
    run.quantized = read_onnx(run.folder / "q.onnx");
    absorb_qdq(run.quantized);
    run.simulated = run_graph(run.quantized, Arithmetic::simulated, run.inputs);
    for (std::size_t i = 0; i < c.values.size(); ++i) {
      EXPECT_EQ(run.codes(1)[i] / c.scale, c.codes[i]) << i;
      EXPECT_FLOAT_EQ(run.codes(0)[i] / c.scale * 2, c.codes[i]) << i;
    }
    const onnx::ModelProto model = read_proto(run.folder / "q.onnx");
    for (const auto& tensor : model.graph().initializer()) {
      if (tensor.name() != "w_quantized") continue;
      for (std::size_t i = 0; i < c.codes.size(); ++i) EXPECT_EQ(static_cast<signed char>(tensor.raw_data().at(i)), c.codes[i]) << i;
    }
    leave_for_runtime(run);
  }
}

}  // namespace
}  // namespace halftone::test
