// Cases from the field: Export. O2 is in tests/formats/onnx_test.cpp, O3 in tests/pipeline/encodings_test.cpp.
#include <gmock/gmock.h>

#include "base/file.h"
#include "cases/case_run.h"

namespace halftone::test {
namespace {

Tensor transposed(const Tensor& matrix) {
  const std::int64_t rows = matrix.shape()[0], columns = matrix.shape()[1];
  Tensor result(DataType::float32, {columns, rows});
  for (std::int64_t i = 0; i < rows * columns; ++i) {
    result.mutable_values<float>()[static_cast<std::size_t>(i % columns * rows + i / columns)] = matrix.values<float>()[static_cast<std::size_t>(i)];
  }
  return result;
}

TEST(Export, O1_GemmWeightsOfBothOrders) {
  const MemoryDataset data(random_tensor({16, 6}, 5));
  const Tensor w = random_tensor({5, 6}, 3, 0.4);
  for (const auto& [granularity, suffix] : kGranularities) {
    std::vector<float> first;
    for (std::int64_t order : {0, 1}) {
      NetBuilder b;
      const ValueId x = b.input({1, 6}), weight = b.constant(order != 0 ? w : transposed(w));
      const ValueId y = b.node("Gemm", {x, weight, b.constant(random_tensor({5}, 4))}, {{"transB", order}});
      const CaseRun run = run_case(fmt::format("O1_{}{}", order, suffix), b.finish(y), data, {.granularity = granularity}, {random_tensor({8, 6}, 9)});
      const Layer layer = layers_of(run.quantized).at(0);
      const Encoding& grid = *run.quantized.encoding(layer.weight);
      const bool channel = granularity == Granularity::channel;
      EXPECT_EQ(grid.axis, !channel ? Encoding::kPerTensor : order != 0 ? 0 : 1);
      EXPECT_EQ(grid.scale.size(), channel ? 5u : 1u);
      EXPECT_EQ(derive_bias(run.quantized, layer).codes.size(), 5u);
      if (first.empty()) first = run.codes();
      EXPECT_EQ(run.codes(), first);
      EXPECT_LE(largest_difference(run.codes(), run.floats()), 3 * run.step());
    }
  }
}

TEST(Export, O4_TheSameBytesFromMemoryTwiceAndFromTheFile) {
  const MemoryDataset data(random_tensor({24, 3, 8, 8}, 5));
  for (const auto& [granularity, suffix] : kGranularities) {
    CaseRun run{.folder = case_folder(std::string("O4") + suffix), .graph = residual_network()};
    declare_ranks(run.graph, data.read(0, 1, {}).inputs);
    write_onnx(run.graph, run.folder / "net.onnx");
    const Graph read = read_onnx(run.folder / "net.onnx");
    std::string first;
    for (const Graph* graph : std::initializer_list<const Graph*>{&run.graph, &run.graph, &read}) {
      const std::string before = dump(*graph);
      run.report = quantize_file({run.folder / "net.onnx", run.folder / "q.onnx"}, *graph, data, {.granularity = granularity}, {});
      EXPECT_EQ(dump(*graph), before);
      if (first.empty()) first = read_text(run.folder / "q.onnx");
      EXPECT_EQ(read_text(run.folder / "q.onnx"), first);
    }
    read_back(run, data);
  }
}

}  // namespace
}  // namespace halftone::test
