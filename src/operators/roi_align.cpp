// RoiAlign: for regions [x1, y1, x2, y2] of pictures (batch_indices), output_height x output_width bins, each the mean of places spread
// evenly over it (sampling_ratio along each axis, or as many as it has pixels), interpolated linearly; with mode max, the greatest of all
// weighted pixels. Coordinates are moved by half a pixel with half_pixel; without, a region has at least one pixel. ONNX since 10.
#include <algorithm>

#include "operators/indices.h"
#include "operators/taps.h"

namespace halftone {
namespace {

bool is_half_pixel(const Call& call) {
  const std::string mode = call.attributes().text("coordinate_transformation_mode", call.node.version < 16 ? "output_half_pixel" : "half_pixel");
  if (mode != "half_pixel" && mode != "output_half_pixel") throw Error("its coordinate_transformation_mode '{}' is unknown", mode);
  return mode == "half_pixel";
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 3, 3);
  require_float(call, 0);
  require_float(call, 1);
  require_indices(call, 2);
  const Shape &x = call.input(0).shape, &regions = call.input(1).shape;
  if (x.size() != 4 || regions.size() != 2 || regions[1] != 4 || call.input(2).shape != Shape{regions[0]}) throw Error("its regions {} of pictures {} do not fit an input {}", to_string(regions), to_string(call.input(2).shape), to_string(x));
  const std::string mode = call.attributes().text("mode", "avg");
  if (mode != "avg" && mode != "max") throw Error("its mode is '{}'; there are avg and max", mode);
  is_half_pixel(call);
  const std::int64_t height = call.attributes().integer("output_height", 1), width = call.attributes().integer("output_width", 1), ratio = call.attributes().integer("sampling_ratio", 0);
  if (height < 1 || width < 1 || ratio < 0) throw Error("an output of {} x {} with sampling_ratio {} is not possible", height, width, ratio);
  if (x[2] < 1 || x[3] < 1) throw Error("its input {} has no pixels", to_string(x));
  return std::vector<TensorSpec>{{call.input(0).type, {regions[0], x[1], height, width}}};
}

// A region along one axis.
struct Extent {
  double start = 0, bin = 0;
  std::int64_t samples = 0;   // of each bin

  Extent(double from, double to, std::int64_t bins, std::int64_t ratio, bool at_least_one) : start(from) {
    constexpr double kMost = 1 << 16;
    const double size = at_least_one ? std::max(to - from, 1.0) : to - from;
    bin = size / static_cast<double>(bins);
    const double wanted = ratio > 0 ? static_cast<double>(ratio) : std::ceil(bin);
    if (!(std::fabs(start) < 1e9) || !(wanted < kMost)) throw Error("its region from {} to {} is too large", from, to);
    samples = static_cast<std::int64_t>(std::max(wanted, 0.0));
  }
  double place(std::int64_t index, std::int64_t sample) const { return start + bin * (static_cast<double>(index) + (static_cast<double>(sample) + 0.5) / static_cast<double>(samples)); }
};

// Places up to a pixel outside count as the outermost pixel, others not at all.
void set_taps_within(double place, std::int64_t size, Tap* taps) {
  const auto last = static_cast<double>(size - 1);
  if (place < -1 || place > last + 1) taps[0] = taps[1] = {-1, 0};
  else set_linear_taps(std::clamp(place, 0.0, last), size, taps);
}

// The pixels of all samples of a bin, one after another.
std::vector<Tap> taps_of_bin(const Extent& rows, const Extent& columns, std::int64_t row, std::int64_t column, const Shape& sizes) {
  std::vector<Tap> axes(4), around, all;
  for (std::int64_t i = 0; i < rows.samples; ++i) {
    set_taps_within(rows.place(row, i), sizes[0], axes.data());
    for (std::int64_t j = 0; j < columns.samples; ++j) {
      set_taps_within(columns.place(column, j), sizes[1], axes.data() + 2);
      combine_taps(axes, 2, sizes, around);
      all.insert(all.end(), around.begin(), around.end());
    }
  }
  return all;
}

double greatest(const std::vector<Tap>& taps, const float* picture) {
  double most = taps.empty() ? 0 : taps[0].weight * picture[taps[0].index];
  for (const Tap& tap : taps) most = std::max(most, tap.weight * picture[tap.index]);
  return most;
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const Shape &x_shape = call.input(0).shape, &y_shape = outputs[0].shape(), sizes = {x_shape[2], x_shape[3]};
  const bool half = is_half_pixel(call), is_mean = call.attributes().text("mode", "avg") == "avg";
  const std::int64_t channels = x_shape[1], pixels = sizes[0] * sizes[1], bins = y_shape[2] * y_shape[3], ratio = call.attributes().integer("sampling_ratio", 0);
  const double scale = call.attributes().real("spatial_scale", 1), shift = half ? 0.5 : 0;
  const std::vector<std::int64_t> pictures = indices_of(call.tensor(2), x_shape[0]);
  const float *x = call.tensor(0).values<float>().data(), *region = call.tensor(1).values<float>().data();
  float* y = outputs[0].mutable_values<float>().data();
  for (std::int64_t picture : pictures) {
    const Extent columns(region[0] * scale - shift, region[2] * scale - shift, y_shape[3], ratio, !half), rows(region[1] * scale - shift, region[3] * scale - shift, y_shape[2], ratio, !half);
    const auto count = static_cast<double>(std::max<std::int64_t>(rows.samples * columns.samples, 1));
    for (std::int64_t bin = 0; bin < bins; ++bin) {
      const std::vector<Tap> taps = taps_of_bin(rows, columns, bin / y_shape[3], bin % y_shape[3], sizes);
      for (std::int64_t c = 0; c < channels; ++c) {
        const float* from = x + (picture * channels + c) * pixels;
        y[c * bins + bin] = static_cast<float>(is_mean ? weighted_pixels(taps, from) / count : greatest(taps, from));
      }
    }
    region += 4;
    y += channels * bins;
  }
}

}  // namespace

extern const Operator kRoiAlign{.type = "RoiAlign", .since = 10, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference, .data_inputs = 1};

}  // namespace halftone
