// MaxRoiPool: for regions [batch, x1, y1, x2, y2], rounded to pixels, pooled_shape bins, each the maximum of its pixels; 0 where it has
// none. ONNX since 1.
#include <algorithm>
#include <cmath>

#include "operators/indices.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 2, 2);
  require_float(call, 0);
  require_float(call, 1);
  const Shape &x = call.input(0).shape, &regions = call.input(1).shape;
  const std::vector<std::int64_t> pooled = call.attributes().integers("pooled_shape");
  if (x.size() != 4 || regions.size() != 2 || regions[1] != 5) throw Error("its regions {} do not fit an input {}", to_string(regions), to_string(x));
  if (pooled.size() != 2 || pooled[0] < 1 || pooled[1] < 1) throw Error("its pooled_shape {} is not height and width", to_string(pooled));
  return std::vector<TensorSpec>{{call.input(0).type, {regions[0], x[1], pooled[0], pooled[1]}}};
}

// The bins of a region along one axis.
struct Bins {
  double start = 0, size = 0;
  std::int64_t pixels = 0;

  Bins(double from, double to, std::int64_t bins, std::int64_t all) : start(std::round(from)), size(std::max(std::round(to) - start + 1, 1.0) / static_cast<double>(bins)), pixels(all) {
    if (!(std::fabs(from) < 1e9 && std::fabs(to) < 1e9)) throw Error("its region from {} to {} is not possible", from, to);
  }
  std::int64_t first(std::int64_t bin) const { return inside(std::floor(static_cast<double>(bin) * size)); }
  std::int64_t end(std::int64_t bin) const { return inside(std::ceil(static_cast<double>(bin + 1) * size)); }

 private:
  std::int64_t inside(double place) const { return static_cast<std::int64_t>(std::clamp(place + start, 0.0, static_cast<double>(pixels))); }
};

void reference(const Call& call, std::span<Tensor> outputs) {
  const Shape &x_shape = call.input(0).shape, &y_shape = outputs[0].shape();
  const double scale = call.attributes().real("spatial_scale", 1);
  const std::int64_t channels = x_shape[1], width = x_shape[3];
  const float *x = call.tensor(0).values<float>().data(), *region = call.tensor(1).values<float>().data();
  float* y = outputs[0].mutable_values<float>().data();
  for (std::int64_t r = 0; r < y_shape[0]; ++r, region += 5) {
    if (!(std::fabs(region[0]) < 1e9)) throw Error("its region is of picture {}", region[0]);
    const std::int64_t picture = checked_index(static_cast<std::int64_t>(region[0]), x_shape[0]);
    const Bins rows(region[2] * scale, region[4] * scale, y_shape[2], x_shape[2]), columns(region[1] * scale, region[3] * scale, y_shape[3], width);
    for (std::int64_t c = 0; c < channels; ++c) {
      const float* from = x + (picture * channels + c) * x_shape[2] * width;
      for (std::int64_t bin = 0; bin < y_shape[2] * y_shape[3]; ++bin) {
        const std::int64_t i = bin / y_shape[3], j = bin % y_shape[3];
        std::optional<float> most;
        for (std::int64_t row = rows.first(i); row < rows.end(i); ++row) {
          for (std::int64_t column = columns.first(j); column < columns.end(j); ++column) most = std::max(most.value_or(from[row * width + column]), from[row * width + column]);
        }
        *y++ = most.value_or(0);
      }
    }
  }
}

}  // namespace

extern const Operator kMaxRoiPool{.type = "MaxRoiPool", .since = 1, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference, .data_inputs = 1};

}  // namespace halftone
