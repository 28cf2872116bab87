#include "data/resize.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "base/error.h"

namespace halftone {
namespace {

constexpr int kPrecision = 22;  // bits of a weight after the point
constexpr std::int32_t kHalf = 1 << (kPrecision - 1);

double triangle(double t) { return std::max(0.0, 1 - std::fabs(t)); }

double keys_cubic(double t) {
  constexpr double a = -0.5;
  t = std::fabs(t);
  if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  if (t < 2) return (((t - 5) * t + 8) * t - 4) * a;
  return 0;
}

struct Kernel {
  double (*weight)(double);
  double support;
};

Kernel kernel_of(Interpolation interpolation) {
  HALFTONE_CHECK(interpolation != Interpolation::nearest);
  return interpolation == Interpolation::bilinear ? Kernel{triangle, 1} : Kernel{keys_cubic, 2};
}

// Where one axis' outputs read: output i is the sum over k < count[i] of weights[i * most + k] * in[first[i] + k].
struct Taps {
  std::int64_t most = 0;
  std::vector<std::int64_t> first, count;
  std::vector<std::int32_t> weights;
};

Taps make_taps(std::int64_t in, std::int64_t out, const Kernel& kernel) {
  const double scale = static_cast<double>(in) / static_cast<double>(out), stretch = std::max(scale, 1.0);
  const double support = kernel.support * stretch, shrink = 1.0 / stretch;
  Taps taps;
  taps.most = static_cast<std::int64_t>(std::ceil(support)) * 2 + 1;
  taps.weights.assign(static_cast<std::size_t>(taps.most * out), 0);
  std::vector<double> weight(static_cast<std::size_t>(taps.most));
  for (std::int64_t i = 0; i < out; ++i) {
    const double centre = (static_cast<double>(i) + 0.5) * scale;
    const std::int64_t first = std::max<std::int64_t>(static_cast<std::int64_t>(centre - support + 0.5), 0);
    const std::int64_t end = std::min(static_cast<std::int64_t>(centre + support + 0.5), in);
    double sum = 0;
    for (std::int64_t x = first; x < end; ++x) {
      const double w = kernel.weight((static_cast<double>(x) - centre + 0.5) * shrink);
      weight[static_cast<std::size_t>(x - first)] = w;
      sum += w;
    }
    for (std::int64_t k = 0; k < end - first; ++k) {
      double w = weight[static_cast<std::size_t>(k)];
      if (sum != 0) w /= sum;
      taps.weights[static_cast<std::size_t>(i * taps.most + k)] =
          static_cast<std::int32_t>(w * (1 << kPrecision) + (w < 0 ? -0.5 : 0.5));
    }
    taps.first.push_back(first);
    taps.count.push_back(end - first);
  }
  return taps;
}

std::uint8_t to_pixel(std::int32_t sum) { return static_cast<std::uint8_t>(std::clamp(sum >> kPrecision, 0, 255)); }

template <int kChannels>
void resize_row(const std::uint8_t* in, const Taps& taps, std::uint8_t* out) {
  const auto size = static_cast<std::int64_t>(taps.first.size());
  for (std::int64_t i = 0; i < size; ++i, out += kChannels) {
    const std::int32_t* weights = taps.weights.data() + i * taps.most;
    const std::uint8_t* pixel = in + taps.first[static_cast<std::size_t>(i)] * kChannels;
    std::int32_t sums[kChannels];
    for (std::int32_t& sum : sums) sum = kHalf;
    for (std::int64_t k = 0; k < taps.count[static_cast<std::size_t>(i)]; ++k, pixel += kChannels) {
      for (int c = 0; c < kChannels; ++c) sums[c] += pixel[c] * weights[k];
    }
    for (int c = 0; c < kChannels; ++c) out[c] = to_pixel(sums[c]);
  }
}

Picture resize_horizontally(const PictureView& from, std::int64_t width, const Kernel& kernel) {
  const Taps taps = make_taps(from.width, width, kernel);
  Picture to{from.height, width, from.channels, {}};
  to.pixels.resize(static_cast<std::size_t>(to.height * width * to.channels));
  for (std::int64_t y = 0; y < from.height; ++y) {
    const std::uint8_t* in = from.pixels + y * from.stride;
    std::uint8_t* out = to.pixels.data() + y * width * to.channels;
    from.channels == 3 ? resize_row<3>(in, taps, out) : resize_row<1>(in, taps, out);
  }
  return to;
}

void add_scaled_row(const std::uint8_t* row, std::int32_t weight, std::int64_t count, std::int32_t* sums) {
  for (std::int64_t i = 0; i < count; ++i) sums[i] += row[i] * weight;
}

Picture resize_vertically(const PictureView& from, std::int64_t height, const Kernel& kernel) {
  const Taps taps = make_taps(from.height, height, kernel);
  const std::int64_t row_bytes = from.width * from.channels;
  Picture to{height, from.width, from.channels, {}};
  to.pixels.resize(static_cast<std::size_t>(height * row_bytes));
  std::vector<std::int32_t> sums(static_cast<std::size_t>(row_bytes));
  for (std::int64_t y = 0; y < height; ++y) {
    std::fill(sums.begin(), sums.end(), kHalf);
    const auto at = static_cast<std::size_t>(y);
    for (std::int64_t k = 0; k < taps.count[at]; ++k) {
      add_scaled_row(from.pixels + (taps.first[at] + k) * from.stride, taps.weights[static_cast<std::size_t>(y * taps.most + k)],
                     row_bytes, sums.data());
    }
    std::uint8_t* out = to.pixels.data() + y * row_bytes;
    for (std::int64_t i = 0; i < row_bytes; ++i) out[i] = to_pixel(sums[static_cast<std::size_t>(i)]);
  }
  return to;
}

// The input pixel under each output's centre. Positions are summed step by step, as Pillow does: the last bit matters
// where a centre falls on an edge between pixels.
std::vector<std::int64_t> nearest_positions(std::int64_t in, std::int64_t out) {
  const double scale = static_cast<double>(in) / static_cast<double>(out);
  std::vector<std::int64_t> positions;
  double at = scale * 0.5;
  for (std::int64_t i = 0; i < out; ++i, at += scale) {
    positions.push_back(std::min(static_cast<std::int64_t>(at), in - 1));
  }
  return positions;
}

Picture resize_nearest(const PictureView& from, std::int64_t height, std::int64_t width) {
  const std::vector<std::int64_t> rows = nearest_positions(from.height, height);
  const std::vector<std::int64_t> columns = nearest_positions(from.width, width);
  Picture to{height, width, from.channels, {}};
  to.pixels.resize(static_cast<std::size_t>(height * width * to.channels));
  std::uint8_t* out = to.pixels.data();
  for (const std::int64_t y : rows) {
    const std::uint8_t* row = from.pixels + y * from.stride;
    for (const std::int64_t x : columns) out = std::copy_n(row + x * from.channels, from.channels, out);
  }
  return to;
}

// Pillow's choice, which shows in the last bit. Never for a square that becomes a square.
bool is_vertical_first(const PictureView& from, std::int64_t height, std::int64_t width) {
  return height < from.height && from.height - height > 2 * (from.width - width);
}

Picture copy_of(const PictureView& view) { return view.channels == 3 ? to_rgb(view) : to_grey(view); }

}  // namespace

Picture resize(const PictureView& picture, std::int64_t height, std::int64_t width, Interpolation interpolation) {
  HALFTONE_CHECK(picture.height > 0 && picture.width > 0 && height > 0 && width > 0);
  HALFTONE_CHECK(picture.channels == 1 || picture.channels == 3);
  if (picture.height == height && picture.width == width) return copy_of(picture);
  if (interpolation == Interpolation::nearest) return resize_nearest(picture, height, width);
  const Kernel kernel = kernel_of(interpolation);
  if (picture.width == width) return resize_vertically(picture, height, kernel);
  if (picture.height == height) return resize_horizontally(picture, width, kernel);
  if (is_vertical_first(picture, height, width)) {
    return resize_horizontally(resize_vertically(picture, height, kernel), width, kernel);
  }
  return resize_vertically(resize_horizontally(picture, width, kernel), height, kernel);
}

}  // namespace halftone
