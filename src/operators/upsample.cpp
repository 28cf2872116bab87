// Upsample: enlarges along the axes by scales, an attribute before opset 9, an input since; pixels begin at 0. ONNX since 7, until 9.
#include "operators/resampling.h"

namespace halftone {
namespace {

std::optional<Resampling> resampling_of(const Call& call) {
  Resampling r;
  r.interpolation = interpolation_of(call.attributes().text("mode", "nearest"));
  r.coordinates = "asymmetric";
  r.nearest = "floor";
  std::vector<float> scales = call.attributes().reals("scales");
  if (call.node.version >= 9) {
    require_inputs(call, 2, 2);
    if (call.input(1).value == nullptr) return std::nullopt;
    scales = to_floats(call.tensor(1));
  }
  const Shape& x = call.input(0).shape;
  if (scales.size() != x.size()) throw Error("{} scales for {} axes", scales.size(), x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!(scales[i] > 0)) throw Error("a scale of {} is not possible", scales[i]);
    r.axes.push_back({x[i], size_of_axis(static_cast<float>(x[i]) * scales[i]), scales[i], 0, 1});
  }
  return r;
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  const auto r = resampling_of(call);
  if (!r) return std::nullopt;
  return resampled_shapes(call, *r);
}

void reference(const Call& call, std::span<Tensor> outputs) { resample(call.tensor(0), *resampling_of(call), outputs[0]); }

}  // namespace

extern const Operator kUpsample{.type = "Upsample", .since = 7, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference, .data_inputs = 1, .moves = takes_nearest};

}  // namespace halftone
