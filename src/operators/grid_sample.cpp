// GridSample: y[n, c, p] = x[n, c] at the place that grid[n, p] names, interpolated; -1 and 1 are the picture's edges (align_corners 0) or
// the centres of its outermost pixels (1), and the last axis comes first. Any number of spatial axes. ONNX since 16.
#include <algorithm>
#include <cmath>

#include "operators/operator.h"
#include "operators/taps.h"

namespace halftone {
namespace {

enum class Padding { zeros, border, reflection };

struct Sampling {
  std::int64_t taps = 2;   // pixels along an axis: 1 nearest, 2 linear, 4 cubic
  Padding padding = Padding::zeros;
  bool align_corners = false;
};

Sampling sampling_of(const Call& call) {
  const std::string mode = call.attributes().text("mode", "linear"), padding = call.attributes().text("padding_mode", "zeros");
  Sampling s;
  if (mode == "nearest") s.taps = 1;
  else if (mode == "linear" || mode == "bilinear") s.taps = 2;
  else if (mode == "cubic" || mode == "bicubic") s.taps = 4;
  else throw Error("its mode is '{}'; there are nearest, linear and cubic", mode);
  if (padding == "border") s.padding = Padding::border;
  else if (padding == "reflection") s.padding = Padding::reflection;
  else if (padding != "zeros") throw Error("its padding_mode is '{}'; there are zeros, border and reflection", padding);
  s.align_corners = call.attributes().integer("align_corners", 0) != 0;
  return s;
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 2, 2);
  require_float(call, 0);
  require_float(call, 1);
  const Shape &x = call.input(0).shape, &grid = call.input(1).shape;
  const std::size_t rank = x.size();
  if (rank < 3 || grid.size() != rank || grid[0] != x[0] || grid.back() != static_cast<std::int64_t>(rank) - 2) throw Error("its grid {} does not fit an input {}", to_string(grid), to_string(x));
  sampling_of(call);
  Shape y = {x[0], x[1]};
  y.insert(y.end(), grid.begin() + 1, grid.end() - 1);
  if (element_count(y) > 0 && element_count(x) == 0) throw Error("its input {} has no pixels", to_string(x));
  return std::vector<TensorSpec>{{call.input(0).type, y}};
}

// Back and forth between the borders.
double reflected(double x, double least, double most) {
  const double range = most - least;
  if (range <= 0) return least;
  const double beyond = std::fmod(std::fabs(x - least), 2 * range);
  return beyond <= range ? least + beyond : most - (beyond - range);
}

class AxisSampler {
 public:
  AxisSampler(const Sampling& sampling, std::int64_t size)
      : sampling_(sampling), size_(size), least_(sampling.align_corners ? 0 : -0.5), most_(static_cast<double>(size) - (sampling.align_corners ? 1 : 0.5)) {}

  void set_taps(float coordinate, Tap* taps) const {
    const double place = place_of(coordinate);
    const double first = sampling_.taps == 1 ? std::nearbyint(place) : std::floor(place) - static_cast<double>(sampling_.taps / 2 - 1);
    for (std::int64_t t = 0; t < sampling_.taps; ++t) {
      taps[t].index = pixel(first + static_cast<double>(t));
      taps[t].weight = weight(std::fabs(place - first - static_cast<double>(t)));
    }
  }

 private:
  double place_of(float coordinate) const {
    constexpr double kFar = 1e9;  // what is no number lies outside
    const auto size = static_cast<double>(size_);
    const double place = sampling_.align_corners ? (coordinate + 1.0) / 2 * (size - 1) : ((coordinate + 1.0) * size - 1) / 2;
    const double near = std::isnan(place) ? -1 : std::clamp(place, -kFar, kFar);
    const bool outside = near < least_ || near > most_;
    return sampling_.padding == Padding::reflection && outside ? reflected(near, least_, most_) : near;
  }

  std::int64_t pixel(double index) const {
    if (sampling_.padding == Padding::zeros) return index >= 0 && index < static_cast<double>(size_) ? static_cast<std::int64_t>(index) : -1;
    const double inside = sampling_.padding == Padding::reflection && (index < least_ || index > most_) ? reflected(index, least_, most_) : index;
    return std::clamp<std::int64_t>(static_cast<std::int64_t>(inside), 0, size_ - 1);
  }

  // Keys' cubic with a = -0.75.
  double weight(double distance) const {
    constexpr double a = -0.75;
    if (sampling_.taps == 1) return 1;
    if (sampling_.taps == 2) return 1 - distance;
    if (distance <= 1) return ((a + 2) * distance - (a + 3)) * distance * distance + 1;
    return ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a;
  }

  Sampling sampling_;
  std::int64_t size_;
  double least_, most_;
};

void reference(const Call& call, std::span<Tensor> outputs) {
  const Sampling sampling = sampling_of(call);
  const Shape &x_shape = call.input(0).shape, &y_shape = outputs[0].shape();
  const Shape sizes = {x_shape.begin() + 2, x_shape.end()};
  const std::int64_t pixels = element_count(sizes), places = element_count({y_shape.begin() + 2, y_shape.end()}), channels = x_shape[1];
  std::vector<AxisSampler> samplers;
  for (std::int64_t size : sizes) samplers.emplace_back(sampling, size);
  std::vector<Tap> axes(sizes.size() * static_cast<std::size_t>(sampling.taps)), all;
  const float *x = call.tensor(0).values<float>().data(), *grid = call.tensor(1).values<float>().data();
  float* y = outputs[0].mutable_values<float>().data();
  for (std::int64_t n = 0; n < x_shape[0]; ++n) {
    for (std::int64_t p = 0; p < places; ++p, grid += sizes.size()) {
      for (std::size_t axis = 0; axis < sizes.size(); ++axis) samplers[axis].set_taps(grid[sizes.size() - 1 - axis], &axes[axis * static_cast<std::size_t>(sampling.taps)]);
      combine_taps(axes, static_cast<std::size_t>(sampling.taps), sizes, all);
      for (std::int64_t c = 0; c < channels; ++c) {
        y[(n * channels + c) * places + p] = static_cast<float>(weighted_pixels(all, x + (n * channels + c) * pixels));
      }
    }
  }
}

}  // namespace

extern const Operator kGridSample{.type = "GridSample", .since = 16, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference, .data_inputs = 1};

}  // namespace halftone
