// MelWeightMatrix: [dft_length / 2 + 1, num_mel_bins], a triangle over the spectrum's bins for each mel bin; the triangles' corners lie
// evenly on the mel scale, 2595 log10(1 + f / 700), between two frequencies. ONNX since 17.
#include <algorithm>
#include <cmath>

#include "operators/element_type.h"
#include "operators/one_number.h"

namespace halftone {
namespace {

struct MelScale {
  std::int64_t mels = 0, length = 0, rate = 0;
  double lowest = 0, highest = 0;   // in hertz

  // The spectrum's bin at corner `i` of mels + 2.
  std::int64_t corner(std::int64_t i) const {
    const auto mel = [](double hertz) { return 2595 * std::log10(1 + hertz / 700); };
    const double step = (mel(highest) - mel(lowest)) / static_cast<double>(mels + 2);
    const double hertz = 700 * (std::pow(10, (mel(lowest) + static_cast<double>(i) * step) / 2595) - 1);
    return static_cast<std::int64_t>(std::clamp(std::floor(static_cast<double>(length + 1) * hertz / static_cast<double>(rate)), 0.0, static_cast<double>(length)));
  }
};

std::vector<DataType> types(const Node& node, const std::vector<DataType>&) { return {element_type(node.attributes.integer("output_datatype", 1))}; }

// nullopt: not known yet.
std::optional<MelScale> scale_of(const Call& call) {
  constexpr std::int64_t kLargest = std::int64_t{1} << 31;
  for (std::size_t i = 0; i < 5; ++i) {
    if (!knows_one_number(call, i)) return std::nullopt;
  }
  const MelScale scale{call.integers(0)->front(), call.integers(1)->front(), call.integers(2)->front(), to_floats(call.tensor(3))[0], to_floats(call.tensor(4))[0]};
  if (scale.mels < 1 || scale.length < 1 || scale.rate < 1 || scale.mels > kLargest || scale.length > kLargest) throw Error("{} mel bins of a transform of {} at a rate of {} are not possible", scale.mels, scale.length, scale.rate);
  if (!(scale.lowest >= 0 && scale.lowest <= scale.highest && std::isfinite(scale.highest))) throw Error("its frequencies {} to {} are not possible", scale.lowest, scale.highest);
  return scale;
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 5, 5);
  const auto scale = scale_of(call);
  if (!scale) return std::nullopt;
  return std::vector<TensorSpec>{{types(call.node, {})[0], {scale->length / 2 + 1, scale->mels}}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const MelScale scale = *scale_of(call);
  const std::int64_t bins = scale.length / 2 + 1;
  Tensor matrix(DataType::float32, outputs[0].shape());
  std::span<float> weights = matrix.mutable_values<float>();
  const auto set = [&](std::int64_t bin, std::int64_t mel, std::int64_t part, std::int64_t whole) {
    if (bin < bins) weights[static_cast<std::size_t>(bin * scale.mels + mel)] = static_cast<float>(part) / static_cast<float>(whole);
  };
  for (std::int64_t mel = 0; mel < scale.mels; ++mel) {
    const std::int64_t left = scale.corner(mel), centre = scale.corner(mel + 1), right = scale.corner(mel + 2);
    if (left == centre) set(centre, mel, 1, 1);
    else for (std::int64_t bin = left; bin <= centre; ++bin) set(bin, mel, bin - left, centre - left);
    for (std::int64_t bin = centre; bin < right; ++bin) set(bin, mel, right - bin, right - centre);
  }
  const Tensor converted = convert(matrix, outputs[0].type());
  std::memcpy(outputs[0].mutable_data(), converted.data(), converted.bytes());
}

}  // namespace

extern const Operator kMelWeightMatrix{.type = "MelWeightMatrix", .since = 17, .shapes = shapes, .grid = GridRule::none, .reference = reference, .floats = Floats::any, .types = types};

}  // namespace halftone
