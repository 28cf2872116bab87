// Cases from the field: reports.
#include <gmock/gmock.h>

#include "cases/case_run.h"

namespace halftone::test {
namespace {

TEST(Reports, T5_NothingToQuantizeFailsWithCounts) {
  NetBuilder b;
  const Graph bare = b.finish(b.relu(b.input({1, 4})));
  EXPECT_THAT(message_of([&] { run_case("T5_bare", bare, MemoryDataset(random_tensor({4, 4}, 5))); }), testing::HasSubstr("nothing to quantize"));
  EXPECT_FALSE(std::filesystem::exists(std::filesystem::path(HALFTONE_BINARY_DIR) / "cases/T5_bare/q.onnx"));
  const MemoryDataset data(random_tensor({4, 3, 8, 8}, 5));
  EXPECT_THAT(message_of([&] { run_case("T5_none", residual_network(), data, {.exclude = {"*"}}); }), testing::AllOf(testing::HasSubstr("0 of 5 layers"), testing::HasSubstr("nodes stay")));
  EXPECT_FALSE(std::filesystem::exists(std::filesystem::path(HALFTONE_BINARY_DIR) / "cases/T5_none/q.onnx"));
  for (const char* name : {"T5_bare", "T5_none"}) std::filesystem::remove_all(case_folder(name));
}

TEST(Reports, T5_TenConvolutionsAreAQuarterAndEveryValueIsMeasured) {
  NetBuilder b(11);
  ValueId x = b.input({1, 3, 8, 8});
  for (int i = 0; i < 10; ++i) x = b.relu(b.conv(x, i == 0 ? 3 : 64, 64, 3, {.pads = {1, 1, 1, 1}}));
  const Graph graph = b.finish(x);
  const MemoryDataset data(random_tensor({8, 3, 8, 8}, 5));
  for (const auto& [granularity, suffix] : kGranularities) {
    const CaseRun run = run_case(std::string("T5") + suffix, graph, data, {.granularity = granularity});
    EXPECT_EQ(run.report.quantized_layers, 10);
    EXPECT_EQ(run.report.quantized_bytes, std::filesystem::file_size(run.folder / "q.onnx"));
    EXPECT_LE(run.report.quantized_bytes, run.report.float_bytes * 3 / 10);
    EXPECT_EQ(run.report.values.size(), 21u);
    for (const ValueRecord& value : run.report.values) {
      ASSERT_TRUE(value.sqnr_db) << value.name;
      EXPECT_GT(*value.sqnr_db, 20) << value.name;
    }
  }
}

}  // namespace
}  // namespace halftone::test
