// Layers: nodes with a constant weight (Conv, Gemm, MatMul), and the integer bias that is derived for them.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include "graph/graph.h"
#include "operators/operator.h"

namespace halftone {

struct Layer {
  NodeId node = NodeId::none;
  ValueId data = ValueId::none, weight = ValueId::none, bias = ValueId::none, output = ValueId::none;
  std::size_t bias_index = 2;   // which input of the node the bias is (it may be absent yet)
  bool can_have_bias = true;    // MatMul cannot
  int weight_axis = 0;          // axis of the output channels in the weight
  std::int64_t channels = 0;    // output channels
};

// The node as a layer; nullopt when it is none, or its weight is no float32 constant or empty, or its bias is no constant.
std::optional<Layer> layer_of(const Graph& graph, NodeId node);
std::vector<Layer> layers_of(const Graph& graph);  // in topological order

// How many inputs of an output channel can be cut into blocks with a scale each: those of a matrix, of MatMul and Gemm; else 0.
std::int64_t inputs_in_blocks(const Graph& graph, const Layer& layer);

// A weight's elements as [position][output channel]: a position is what its sums run over, an input channel and a place in
// the kernel.
class WeightOrder {
 public:
  WeightOrder(const Shape& weight, int out_axis) : walk_(channel_walk(weight, out_axis)) {}
  std::int64_t positions() const { return walk_.outer * walk_.inner; }
  std::int64_t channels() const { return walk_.channels; }
  std::size_t element(std::int64_t position, std::int64_t channel) const {
    return static_cast<std::size_t>((position / walk_.inner * walk_.channels + channel) * walk_.inner + position % walk_.inner);
  }

 private:
  ChannelWalk walk_;
};

// A weight as [channels][positions], and the other way round.
std::vector<float> rows_of_weight(const Tensor& weight, int out_axis);
Tensor weight_of_rows(const std::vector<float>& rows, const Shape& shape, int out_axis);

// Data and weight both carry a complete Encoding, the data's per tensor, the weight's per tensor, per output
// channel, or per block of its inputs.
bool has_grids(const Graph& graph, const Layer& layer);

// And not per block: the layer computes on codes, with an int32 bias. Sums over codes of several scales are none.
bool is_quantized(const Graph& graph, const Layer& layer);

// The int32 bias of a quantized layer: scale[c] = s_x s_w[c] (product in float32), zero_point 0,
// code[c] = round_half_even(b[c] / scale[c]) in float64. Codes are a fixed point of bias -> float32 -> code, so that a
// file and its re-reading agree. Overflow is what weight_ranges prevents; here it saturates.
// Source: Nagel et al. 2021, section 2.1 (bias in int32); ONNX Runtime's QDQ convention.
struct BiasCodes {
  std::vector<float> scale;          // one, or one a channel, as the weight has
  std::vector<std::int32_t> codes;   // [channels]; empty without a bias
};
BiasCodes derive_bias(const Graph& graph, const Layer& layer);

// The largest |bias code| allowed.
inline constexpr double kLargestBiasCode = 2147483647.0;

// The least weight scale with which the bias fits into int32, on data of this scale.
inline float least_weight_scale(float bias, float data_scale) {
  return static_cast<float>(std::fabs(bias) / static_cast<double>(data_scale) / (kLargestBiasCode * 0.999));
}

}  // namespace halftone
