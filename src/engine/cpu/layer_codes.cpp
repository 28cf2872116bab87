#include "engine/cpu/layer_codes.h"

#include <algorithm>
#include <cmath>

#include "kernels/quantize.h"

namespace halftone::cpu {
namespace {

constexpr double kExactFloat = 16777216.0;  // 2^24
constexpr double kLargestWhole = 255;       // codes beyond it are split into bytes

Tensor centred_codes(const Tensor& weight, const Encoding& encoding) {
  const std::vector<std::int32_t> codes = quantize(weight, encoding);
  Tensor centred = Tensor::uninitialized(DataType::float32, weight.shape());
  std::span<float> out = centred.mutable_values<float>();
  ScaleIndex(weight.shape(), encoding).for_each([&](std::size_t i, std::size_t channel) { out[i] = static_cast<float>(codes[i] - encoding.zero_point[channel]); });
  return centred;
}

// Whether bias and sum stay below 2^24 in every output channel, whatever the order of the terms.
bool fits_one_sum(const Tensor& codes, int channel_axis, double largest_input, const std::vector<double>& bias) {
  const ScaleIndex channel_of(codes.shape(), channel_axis, 0);
  std::vector<double> worst(static_cast<std::size_t>(channel_of.count()), 0.0);
  for (std::size_t c = 0; c < bias.size(); ++c) worst[c] = std::fabs(bias[c]);
  const auto values = codes.values<float>();
  channel_of.for_each([&](std::size_t i, std::size_t c) { worst[c] += std::fabs(values[i]) * largest_input; });
  return std::all_of(worst.begin(), worst.end(), [](double sum) { return sum < kExactFloat; });
}

// Cuts the positions into runs whose sums stay below 2^24 in every output channel; returns the first position of each.
std::vector<std::int64_t> split_points(std::span<const float> codes, const WeightOrder& order, double largest_input) {
  std::vector<std::int64_t> points = {0};
  std::vector<double> worst(static_cast<std::size_t>(order.channels()), 0.0);
  for (std::int64_t p = 0; p < order.positions(); ++p) {
    const auto term = [&](std::size_t c) { return std::fabs(codes[order.element(p, static_cast<std::int64_t>(c))]) * largest_input; };
    bool exceeds = false;
    for (std::size_t c = 0; c < worst.size(); ++c) exceeds = exceeds || worst[c] + term(c) >= kExactFloat;
    if (exceeds) {
      points.push_back(p);
      std::fill(worst.begin(), worst.end(), 0.0);
    }
    for (std::size_t c = 0; c < worst.size(); ++c) worst[c] += term(c);
  }
  return points;
}

// The weight with zeros outside positions [first, end).
Tensor only_positions(const Tensor& codes, const WeightOrder& order, std::int64_t first, std::int64_t end) {
  Tensor part(DataType::float32, codes.shape());
  const auto from = codes.values<float>();
  const auto to = part.mutable_values<float>();
  std::fill(to.begin(), to.end(), 0.0f);
  for (std::int64_t p = first; p < end; ++p) {
    for (std::int64_t c = 0; c < order.channels(); ++c) to[order.element(p, c)] = from[order.element(p, c)];
  }
  return part;
}

struct WeightPiece {
  Tensor codes;
  double factor = 1;
};

// The codes, or their high and low bytes where they take more than one.
std::vector<WeightPiece> pieces_of(const Tensor& codes) {
  const auto values = codes.values<float>();
  if (std::all_of(values.begin(), values.end(), [](float w) { return std::fabs(w) <= kLargestWhole; })) return {{codes}};
  Tensor high(DataType::float32, codes.shape()), low(DataType::float32, codes.shape());
  split_codes(values.data(), codes.size(), high.mutable_values<float>().data(), low.mutable_values<float>().data());
  return {{high, 256}, {low, 1}};
}

void add_parts(const WeightPiece& piece, const WeightOrder& order, DataPiece data, double data_factor, double largest_input, std::vector<LayerPart>& parts) {
  std::vector<std::int64_t> points = split_points(piece.codes.values<float>(), order, largest_input);
  points.push_back(order.positions());
  for (std::size_t p = 0; p + 1 < points.size(); ++p) {
    parts.push_back({only_positions(piece.codes, order, points[p], points[p + 1]), data, piece.factor * data_factor});
  }
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
  result.bias.assign(bias.codes.begin(), bias.codes.end());
  const CodeGrid data = code_grid(*graph.encoding(layer.data));
  const double largest_input = std::max(-data.low, data.high);
  const Tensor codes = centred_codes(*graph.constant(layer.weight), *graph.encoding(layer.weight));
  result.one_sum = fits_one_sum(codes, layer.weight_axis, largest_input, result.bias);
  if (result.one_sum) {
    result.parts = {{codes}};
    return result;
  }
  const WeightOrder order(codes.shape(), layer.weight_axis);
  for (const WeightPiece& piece : pieces_of(codes)) {
    if (largest_input <= kLargestWhole) {
      add_parts(piece, order, DataPiece::whole, 1, largest_input, result.parts);
    } else {
      add_parts(piece, order, DataPiece::high, 256, std::nearbyint(largest_input / 256), result.parts);
      add_parts(piece, order, DataPiece::low, 1, 128, result.parts);
    }
  }
  return result;
}

}  // namespace halftone::cpu
