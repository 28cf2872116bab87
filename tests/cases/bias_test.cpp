// Cases from the field: Bias.
#include <gmock/gmock.h>

#include "cases/case_run.h"

namespace halftone::test {
namespace {

// A grid of scale 0.5 on the input: uint8 and values of 0..127.5.
Tensor wide_input(std::int64_t samples) {
  Tensor x = random_tensor({samples, 1, 4, 4}, 5, 30);
  for (float& v : x.mutable_values<float>()) v = std::min(std::fabs(v), 127.5f);
  x.mutable_values<float>()[0] = 127.5f;
  return x;
}

TEST(Bias, B1_TinyWeightsTakeTheScaleThatTheirBiasNeeds) {
  const MemoryDataset data(wide_input(8));
  for (Rounding rounding : {Rounding::fast, Rounding::nearest}) {
    NetBuilder b;
    const ValueId x = b.input({1, 1, 4, 4});
    const Tensor w = Tensor::from<float>({3, 1, 1, 1}, {1e-7f, -1e-7f, 1e-16f}), bias = Tensor::from<float>({3}, {5, -4.5f, -1.2157f});
    const ValueId y = b.node("Conv", {x, b.constant(w, "w"), b.constant(bias, "b")});
    const std::string name = b.graph.producer(y)->name;
    const CaseRun run = run_case(rounding == Rounding::fast ? "B1_fast" : "B1_nearest", b.finish(y), data, {.activation_range = RangeMethod::minmax, .rounding = rounding});
    EXPECT_FLOAT_EQ(run.grid("input")->scale[0], 0.5f);
    const Layer layer = layers_of(run.quantized).at(0);
    const Encoding& grid = *run.quantized.encoding(layer.weight);
    const std::vector<std::int32_t> codes = quantize(*run.quantized.constant(layer.weight), grid);
    EXPECT_GE(grid.scale[0], 4.656e-9f);
    EXPECT_LT(grid.scale[0], 4.8e-9f);
    EXPECT_NEAR(std::abs(codes[0]), 21, 1);
    EXPECT_GE(grid.scale[1], 4.5f / 5 * 4.656e-9f);
    EXPECT_EQ(codes[2], 0);
    EXPECT_TRUE(grid.scale[2] * 0.5 * 2147483647.0 >= 1.2157 && std::isfinite(grid.scale[2]));
    EXPECT_LE(largest_difference(run.codes(), run.floats()), run.step());
    EXPECT_THAT(run.report.warnings, testing::Contains(testing::AllOf(testing::HasSubstr(name), testing::HasSubstr("3 channels"))));
  }
}

TEST(Bias, B1_AnAllTinyChannelAt8And16Bits) {
  const MemoryDataset data(wide_input(8));
  for (int bits : {8, 16}) {
    for (const auto& [granularity, suffix] : kGranularities) {
      NetBuilder b;
      const Tensor w = Tensor::from<float>({2, 1, 1, 1}, {1e-16f, 0.02f});
      const ValueId y = b.node("Conv", {b.input({1, 1, 4, 4}), b.constant(w), b.constant(Tensor::from<float>({2}, {-1.2157f, 0.3f}))});
      const CaseRun run = run_case(fmt::format("B1_tiny_{}{}", bits, suffix), b.finish(y), data, {.weight_bits = bits, .granularity = granularity});
      for (float scale : run.quantized.encoding(layers_of(run.quantized).at(0).weight)->scale) EXPECT_TRUE(scale > 0 && std::isfinite(scale));
      const std::vector<float> out = run.codes();
      for (std::size_t i = 0; i < 16; ++i) EXPECT_NEAR(out[i], -1.2157, run.step());
      EXPECT_LE(largest_difference(out, run.floats()), run.step());
      if (granularity == Granularity::channel) {
        EXPECT_THAT(run.report.warnings, testing::Contains(testing::HasSubstr("1 channel")));
      }
    }
  }
}

TEST(Bias, B2_OneBiasAConvAndTheWeightOnce) {
  for (const auto& [granularity, suffix] : kGranularities) {
    for (Rounding rounding : {Rounding::fast, Rounding::nearest}) {
      NetBuilder b;
      const ValueId x = b.input({1, 4, 6, 6});
      const ValueId w = b.constant(random_tensor({4, 4, 1, 1}, 3, 0.5), "W"), bias = b.constant(random_tensor({4}, 4), "b");
      ValueId sum = ValueId::none;
      for (float factor : {1.0f, 0.8f, 0.4f, 0.1f}) {
        Tensor gain(DataType::float32, {4, 1, 1, 1});
        for (float& v : gain.mutable_values<float>()) v = factor;
        const ValueId scaled = b.node("Conv", {x, b.constant(gain)}, {{"group", std::int64_t{4}}});
        const ValueId y = b.node("Conv", {scaled, w, bias});
        b.graph.add_output(y);
        sum = sum == ValueId::none ? y : b.add(sum, y);
      }
      const CaseRun run = run_case(fmt::format("B2_{}{}", rounding == Rounding::fast ? "fast" : "nearest", suffix), b.finish(sum), MemoryDataset(random_tensor({16, 4, 6, 6}, 5)),
                                   {.granularity = granularity, .rounding = rounding});
      const onnx::ModelProto model = read_proto(run.folder / "q.onnx");
      std::map<std::string, std::vector<float>> arrays;
      for (const auto& tensor : model.graph().initializer()) {
        if (tensor.data_type() == onnx::TensorProto::FLOAT) {
          const auto* raw = reinterpret_cast<const float*>(tensor.raw_data().data());
          arrays[tensor.name()] = {raw, raw + tensor.raw_data().size() / sizeof(float)};
        }
      }
      std::map<std::string, std::string> scale_of;  // what a DequantizeLinear makes
      for (const auto& node : model.graph().node()) {
        if (node.op_type() == "DequantizeLinear") scale_of[node.output(0)] = node.input(1);
      }
      std::set<std::string> weights, biases;
      for (const auto& node : model.graph().node()) {
        if (node.op_type() != "Conv" || node.input(1) != "W") continue;
        weights.insert(node.input(1));
        biases.insert(node.input(2));
        const std::vector<float> data = arrays.at(scale_of.at(node.input(0))), weight = arrays.at(scale_of.at("W")), own = arrays.at(scale_of.at(node.input(2)));
        ASSERT_EQ(own.size(), weight.size());
        for (std::size_t c = 0; c < own.size(); ++c) EXPECT_FLOAT_EQ(own[c], data[0] * weight[c]);
      }
      EXPECT_EQ(weights.size(), 1u);
      EXPECT_EQ(biases.size(), 4u);
      EXPECT_EQ(initializers_of(model, 16).size(), 1u);
      EXPECT_GT(run.report.figures->outputs.back().sqnr_db.value_or(99), 30);
    }
  }
}

}  // namespace
}  // namespace halftone::test
