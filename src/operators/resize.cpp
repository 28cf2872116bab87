// Resize: interpolates along the axes (resampling.h), to given scales or sizes. Opset 10 has two modes and no coordinate modes: pixels
// begin at 0. ONNX since 10.
#include <algorithm>
#include <limits>

#include "operators/resampling.h"

namespace halftone {
namespace {

// Which axes the scales or sizes are for: all, or those of the attribute axes.
std::vector<std::size_t> axes_of(const Call& call) {
  const auto rank = static_cast<std::int64_t>(call.input(0).shape.size());
  std::vector<std::size_t> axes;
  for (std::int64_t axis : call.attributes().integers("axes")) axes.push_back(static_cast<std::size_t>(normalized_axis(axis, rank)));
  for (std::int64_t axis = 0; axes.size() < static_cast<std::size_t>(rank) && call.attributes().integers("axes").empty(); ++axis) axes.push_back(static_cast<std::size_t>(axis));
  return axes;
}

void check_count(std::size_t given, std::size_t wanted, const char* what) {
  if (given != wanted) throw Error("{} {} for {} axes", given, what, wanted);
}

void set_sizes(const Call& call, const std::vector<std::size_t>& axes, const std::vector<std::int64_t>& sizes, Resampling& r) {
  check_count(sizes.size(), axes.size(), "sizes");
  const std::string policy = call.attributes().text("keep_aspect_ratio_policy", "stretch");
  double common = policy == "not_larger" ? std::numeric_limits<double>::infinity() : 0;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    if (sizes[i] < 0) throw Error("a size of {} is not possible", sizes[i]);
    const double scale = static_cast<double>(sizes[i]) / static_cast<double>(r.axes[axes[i]].in);
    common = policy == "not_larger" ? std::min(common, scale) : std::max(common, scale);
  }
  for (std::size_t i = 0; i < axes.size(); ++i) {
    ResampledAxis& axis = r.axes[axes[i]];
    axis.out = policy == "stretch" ? sizes[i] : size_of_axis(common * static_cast<double>(axis.in) + 0.5);
    axis.scale = static_cast<float>(policy == "stretch" ? static_cast<double>(axis.out) / static_cast<double>(axis.in) : common);
  }
}

// nullopt: scales or sizes are not known yet.
std::optional<Resampling> resampling_of(const Call& call) {
  const bool old = call.node.version < 11;
  const Attributes& a = call.attributes();
  Resampling r;
  r.interpolation = interpolation_of(a.text("mode", "nearest"));
  r.coordinates = old ? "asymmetric" : a.text("coordinate_transformation_mode", "half_pixel");
  r.nearest = old ? "floor" : a.text("nearest_mode", "round_prefer_floor");
  r.cubic_a = a.real("cubic_coeff_a", -0.75f);
  r.exclude_outside = a.integer("exclude_outside", 0) != 0;
  r.antialias = a.integer("antialias", 0) != 0;
  for (std::int64_t size : call.input(0).shape) r.axes.push_back({size, size, 1, 0, 1});
  const std::vector<std::size_t> axes = axes_of(call);
  if (r.coordinates == "tf_crop_and_resize") {
    if (!call.has(1) || call.input(1).value == nullptr) return std::nullopt;
    const std::vector<float> region = to_floats(call.tensor(1));
    check_count(region.size(), 2 * axes.size(), "ends of the region");
    for (std::size_t i = 0; i < axes.size(); ++i) {
      r.axes[axes[i]].start = region[i];
      r.axes[axes[i]].end = region[i + axes.size()];
    }
    r.extrapolation = a.real("extrapolation_value", 0);
  }
  const std::size_t scales = old ? 1 : 2;
  if (!old && call.has(3) && element_count(call.input(3).shape) > 0) {
    const auto sizes = call.integers(3);
    if (!sizes) return std::nullopt;
    set_sizes(call, axes, *sizes, r);
    return r;
  }
  if (!call.has(scales)) throw Error("it has neither scales nor sizes");
  if (call.input(scales).value == nullptr) return std::nullopt;
  const std::vector<float> factors = to_floats(call.tensor(scales));
  check_count(factors.size(), axes.size(), "scales");
  for (std::size_t i = 0; i < axes.size(); ++i) {
    ResampledAxis& axis = r.axes[axes[i]];
    if (!(factors[i] > 0)) throw Error("a scale of {} is not possible", factors[i]);
    axis.scale = factors[i];
    axis.out = size_of_axis(static_cast<float>(axis.in) * factors[i]);
  }
  return r;
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 1, 4);
  const auto r = resampling_of(call);
  if (!r) return std::nullopt;
  return resampled_shapes(call, *r);
}

void reference(const Call& call, std::span<Tensor> outputs) { resample(call.tensor(0), *resampling_of(call), outputs[0]); }

}  // namespace

extern const Operator kResize{.type = "Resize", .since = 10, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference, .data_inputs = 1, .moves = takes_nearest};

}  // namespace halftone
