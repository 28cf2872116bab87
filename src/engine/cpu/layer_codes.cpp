#include "engine/cpu/layer_codes.h"

#include <algorithm>
#include <cmath>

namespace halftone::cpu {
namespace {

constexpr double kExactFloat = 16777216.0;  // 2^24

// The input-channel axis of a weight: the one that sums run over besides the kernel's positions.
int input_axis(const Layer& layer) { return layer.weight_axis == 0 ? 1 : 0; }

Tensor centred_codes(const Tensor& weight, const Encoding& encoding) {
  const std::vector<std::int32_t> codes = quantize(weight, encoding);
  const ChannelWalk walk = channel_walk(weight.shape(), encoding.axis);
  Tensor centred(DataType::float32, weight.shape());
  std::span<float> out = centred.mutable_values<float>();
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto channel = static_cast<std::size_t>(static_cast<std::int64_t>(i) / walk.inner % walk.channels);
    out[i] = static_cast<float>(codes[i] - encoding.zero_point[channel]);
  }
  return centred;
}

// sum |w_int| for each (input channel, output channel) pair.
std::vector<std::vector<double>> absolute_sums(const Tensor& codes, int in_axis, int out_axis) {
  const ChannelWalk in = channel_walk(codes.shape(), in_axis), out = channel_walk(codes.shape(), out_axis);
  std::vector<std::vector<double>> sums(static_cast<std::size_t>(in.channels), std::vector<double>(static_cast<std::size_t>(out.channels), 0.0));
  std::span<const float> values = codes.values<float>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto at = static_cast<std::int64_t>(i);
    sums[static_cast<std::size_t>(at / in.inner % in.channels)][static_cast<std::size_t>(at / out.inner % out.channels)] += std::fabs(values[i]);
  }
  return sums;
}

// Cuts the input channels into runs whose worst sum stays below 2^24; returns the first channel of each run.
std::vector<std::int64_t> split_points(const std::vector<std::vector<double>>& sums, double largest_input, const std::vector<double>& bias) {
  std::vector<std::int64_t> points = {0};
  std::vector<double> worst(sums.empty() ? 0 : sums[0].size(), 0.0);
  for (std::size_t c = 0; c < worst.size() && !bias.empty(); ++c) worst[c] = std::fabs(bias[c]);
  for (std::size_t i = 0; i < sums.size(); ++i) {
    bool exceeds = false;
    for (std::size_t c = 0; c < worst.size(); ++c) exceeds = exceeds || worst[c] + sums[i][c] * largest_input >= kExactFloat;
    if (exceeds) {
      if (static_cast<std::int64_t>(i) > points.back() || i == 0) points.push_back(static_cast<std::int64_t>(i));
      std::fill(worst.begin(), worst.end(), 0.0);
    }
    for (std::size_t c = 0; c < worst.size(); ++c) worst[c] += sums[i][c] * largest_input;
  }
  points.erase(std::unique(points.begin(), points.end()), points.end());
  return points;
}

Tensor only_channels(const Tensor& codes, int axis, std::int64_t first, std::int64_t end) {
  Tensor part = codes;
  const ChannelWalk walk = channel_walk(codes.shape(), axis);
  std::span<float> values = part.mutable_values<float>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::int64_t channel = static_cast<std::int64_t>(i) / walk.inner % walk.channels;
    if (channel < first || channel >= end) values[i] = 0;
  }
  return part;
}

Epilogue make_epilogue(const PlanBuilder& plan, const BiasCodes& bias, const Layer& layer, const Tail& tail) {
  Epilogue epilogue;
  const Encoding* out = plan.grid(tail.output);
  epilogue.multiplier.resize(static_cast<std::size_t>(layer.channels));
  for (std::size_t c = 0; c < epilogue.multiplier.size(); ++c) {
    const float to_real = bias.scale.size() == 1 ? bias.scale[0] : bias.scale[c];
    epilogue.multiplier[c] = out != nullptr ? to_real / out->scale[0] : to_real;
  }
  const Clamp clamp = out != nullptr ? clamp_on_grid(tail.clamp, code_grid(*out)) : tail.clamp;
  epilogue.rounds = out != nullptr;
  epilogue.low = clamp.low;
  epilogue.high = clamp.high;
  return epilogue;
}

}  // namespace

LayerCodes make_layer_codes(const PlanBuilder& plan, const Layer& layer, const Tail& tail) {
  const Graph& graph = plan.graph();
  const BiasCodes bias = derive_bias(graph, layer);
  LayerCodes result;
  result.epilogue = make_epilogue(plan, bias, layer, tail);
  result.wide_bias.assign(bias.codes.begin(), bias.codes.end());
  const CodeGrid data = code_grid(*graph.encoding(layer.data));
  const Tensor codes = centred_codes(*graph.constant(layer.weight), *graph.encoding(layer.weight));
  const int axis = input_axis(layer);
  const auto points = split_points(absolute_sums(codes, axis, layer.weight_axis), std::max(-data.low, data.high), result.wide_bias);
  if (points.size() == 1) {
    result.parts = {codes};
    result.bias.assign(bias.codes.begin(), bias.codes.end());
    return result;
  }
  for (std::size_t p = 0; p < points.size(); ++p) {
    const std::int64_t end = p + 1 < points.size() ? points[p + 1] : codes.shape()[static_cast<std::size_t>(axis)];
    result.parts.push_back(only_channels(codes, axis, points[p], end));
  }
  return result;
}

}  // namespace halftone::cpu
