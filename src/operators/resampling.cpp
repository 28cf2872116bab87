#include "operators/resampling.h"

#include <algorithm>
#include <cmath>

#include "graph/encoding.h"

namespace halftone {
namespace {

// What one output coordinate is made of.
struct Taps {
  std::vector<std::int64_t> places;
  std::vector<float> weights;
  bool outside = false;   // of the region
};

// Where an output coordinate lies in the input, in float32 as runtimes compute it.
float source_of(const Resampling& r, const ResampledAxis& axis, std::int64_t x) {
  const auto in = static_cast<float>(axis.in), out = static_cast<float>(axis.out), at = static_cast<float>(x);
  const std::string& mode = r.coordinates;
  if (mode == "asymmetric") return at / axis.scale;
  if (mode == "align_corners") return axis.out == 1 ? 0 : at * (in - 1) / (out - 1);
  if (mode == "pytorch_half_pixel") return axis.out > 1 ? (at + 0.5f) / axis.scale - 0.5f : 0;
  if (mode == "half_pixel") return (at + 0.5f) / axis.scale - 0.5f;
  if (mode == "half_pixel_symmetric") {
    const float adjustment = out / (axis.scale * in), centre = in / 2;
    return centre * (1 - adjustment) + (at + 0.5f) / axis.scale - 0.5f;
  }
  if (mode == "tf_half_pixel_for_nn") return (at + 0.5f) / axis.scale;
  if (mode == "tf_crop_and_resize") {
    return axis.out > 1 ? axis.start * (in - 1) + at * (axis.end - axis.start) * (in - 1) / (out - 1) : 0.5f * (axis.start + axis.end) * (in - 1);
  }
  throw Error("the coordinate_transformation_mode '{}' is unknown", mode);
}

std::int64_t nearest_of(const std::string& mode, float x) {
  if (mode == "floor") return static_cast<std::int64_t>(std::floor(x));
  if (mode == "ceil") return static_cast<std::int64_t>(std::ceil(x));
  const bool half = x - std::floor(x) == 0.5f;
  if (mode == "round_prefer_floor") return static_cast<std::int64_t>(half ? std::floor(x) : std::round(x));
  if (mode == "round_prefer_ceil") return static_cast<std::int64_t>(half ? std::ceil(x) : std::round(x));
  throw Error("the nearest_mode '{}' is unknown", mode);
}

// The kernel's height at a distance from its centre. Cubic: Keys 1981.
double kernel(const Resampling& r, double distance) {
  const double d = std::fabs(distance), a = r.cubic_a;
  if (r.interpolation == Interpolation::linear) return std::max(0.0, 1 - d);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

Taps taps_of(const Resampling& r, const ResampledAxis& axis, std::int64_t x) {
  Taps taps;
  const float source = source_of(r, axis, x);
  taps.outside = r.extrapolation && (source < 0 || source > static_cast<float>(axis.in - 1));
  const auto inside = [&](std::int64_t place) { return std::clamp<std::int64_t>(place, 0, axis.in - 1); };
  if (r.interpolation == Interpolation::nearest) {
    taps.places = {inside(nearest_of(r.nearest, source))};
    taps.weights = {1};
    return taps;
  }
  const double shrink = r.antialias ? std::min<double>(axis.scale, 1) : 1;  // the kernel is 1 / shrink as wide
  const double reach = (r.interpolation == Interpolation::linear ? 1 : 2) / shrink;
  const auto base = static_cast<std::int64_t>(std::floor(source));
  const double fraction = static_cast<double>(source) - static_cast<double>(base);
  const auto first = static_cast<std::int64_t>(std::floor(-reach)) + 1;
  std::vector<double> weights;
  double sum = 0;
  for (std::int64_t i = first; i <= 1 - first; ++i) {
    const bool counts = !r.exclude_outside || (base + i >= 0 && base + i < axis.in);
    weights.push_back(counts ? kernel(r, (static_cast<double>(i) - fraction) * shrink) : 0);
    taps.places.push_back(inside(base + i));
    sum += weights.back();
  }
  const bool normalizes = r.antialias || r.exclude_outside;
  for (double weight : weights) taps.weights.push_back(static_cast<float>(normalizes && sum != 0 ? weight / sum : weight));
  return taps;
}

bool changes(const Resampling& r, const ResampledAxis& axis) { return axis.in != axis.out || axis.scale != 1 || r.coordinates == "tf_crop_and_resize"; }

Tensor along_axis(const Tensor& x, const std::vector<Taps>& taps, int axis) {
  Shape shape = x.shape();
  shape[static_cast<std::size_t>(axis)] = std::ssize(taps);
  Tensor y(DataType::float32, shape);
  const ChannelWalk in = channel_walk(x.shape(), axis);
  const float* from = x.values<float>().data();
  float* to = y.mutable_values<float>().data();
  for (std::int64_t o = 0; o < in.outer; ++o) {
    for (const Taps& t : taps) {
      for (std::size_t k = 0; k < t.places.size(); ++k) {
        const float* row = from + (o * in.channels + t.places[k]) * in.inner;
        const float weight = t.weights[k];
        if (weight == 0) continue;
        for (std::int64_t i = 0; i < in.inner; ++i) to[i] += weight * row[i];
      }
      to += in.inner;
    }
  }
  return y;
}

}  // namespace

Interpolation interpolation_of(const std::string& mode) {
  if (mode == "nearest") return Interpolation::nearest;
  if (mode == "linear" || mode == "bilinear") return Interpolation::linear;
  if (mode == "cubic") return Interpolation::cubic;
  throw Error("the mode '{}' is unknown", mode);
}

std::int64_t size_of_axis(double size) {
  if (!(size >= 0 && size < 0x1p48)) throw Error("an axis of {} elements is not possible", size);
  return static_cast<std::int64_t>(size);
}

std::vector<TensorSpec> resampled_shapes(const Call& call, const Resampling& resampling) {
  Shape y;
  for (const ResampledAxis& axis : resampling.axes) y.push_back(axis.out);
  return {{call.input(0).type, y}};
}

void resample(const Tensor& x, const Resampling& r, Tensor& y) {
  Tensor now = convert(x, DataType::float32);
  for (const ResampledAxis& axis : r.axes) {
    if (axis.in == 0 && axis.out > 0) throw Error("an empty axis cannot become one of {}", axis.out);
    if (!std::isfinite(axis.start) || !std::isfinite(axis.end) || !std::isfinite(axis.scale)) throw Error("its region or scale is infinite");
  }
  std::vector<std::vector<bool>> outside;
  bool any_outside = false;
  for (std::size_t axis = 0; axis < r.axes.size(); ++axis) {
    outside.emplace_back();
    if (!changes(r, r.axes[axis])) continue;
    std::vector<Taps> taps;
    for (std::int64_t i = 0; i < r.axes[axis].out; ++i) {
      taps.push_back(taps_of(r, r.axes[axis], i));
      outside.back().push_back(taps.back().outside);
      any_outside = any_outside || taps.back().outside;
    }
    now = along_axis(now, taps, static_cast<int>(axis));
  }
  if (any_outside) {
    const std::vector<std::int64_t> strides = row_major_strides(now.shape());
    std::span<float> values = now.mutable_values<float>();
    for (std::size_t i = 0; i < values.size(); ++i) {
      for (std::size_t axis = 0; axis < outside.size(); ++axis) {
        const auto place = static_cast<std::size_t>(static_cast<std::int64_t>(i) / strides[axis] % now.shape()[axis]);
        if (!outside[axis].empty() && outside[axis][place]) values[i] = *r.extrapolation;
      }
    }
  }
  const Tensor result = convert(now, y.type());
  std::memcpy(y.mutable_data(), result.data(), result.bytes());
}

}  // namespace halftone
