// Interpolation along the axes of a tensor, as Resize and Upsample define it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "operators/operator.h"

namespace halftone {

enum class Interpolation { nearest, linear, cubic };
Interpolation interpolation_of(const std::string& mode);  // "nearest", "linear", "bilinear" (old), "cubic"

// One axis: from `in` elements to `out`, a coordinate being `scale` times as large.
struct ResampledAxis {
  std::int64_t in = 1, out = 1;
  float scale = 1;
  float start = 0, end = 1;   // of the region, in fractions of the axis: tf_crop_and_resize
};

struct Resampling {
  Interpolation interpolation = Interpolation::nearest;
  std::string coordinates = "half_pixel", nearest = "round_prefer_floor";
  float cubic_a = -0.75f;
  bool exclude_outside = false, antialias = false;
  std::optional<float> extrapolation;   // what lies outside the region; else its edge
  std::vector<ResampledAxis> axes;      // of all axes
};

std::int64_t size_of_axis(double size);  // rounded down; throws Error where that is no size
std::vector<TensorSpec> resampled_shapes(const Call& call, const Resampling& resampling);
void resample(const Tensor& x, const Resampling& resampling, Tensor& y);

// Whether a Resize or Upsample takes one of its input's values for each result.
inline bool takes_nearest(const Node& node) { return node.attributes.text("mode", "nearest") == "nearest"; }

}  // namespace halftone
