#include "ranges/patches.h"

#include <algorithm>
#include <optional>

#include "base/parallel.h"
#include "base/random.h"
#include "operators/window.h"

namespace halftone {
namespace {

constexpr std::int64_t kRowsAtOnce = 16;  // that one thread reads

// to[i] = scale * from[i step]
void copy_scaled(const float* from, std::int64_t count, std::int64_t step, float scale, float* to) {
  if (step == 1) {
    for (std::int64_t i = 0; i < count; ++i) to[i] = from[i] * scale;
  } else {
    for (std::int64_t i = 0; i < count; ++i) to[i] = from[i * step] * scale;
  }
}

// A view [N, C, spatial...], read along its channels.
struct PictureReader {
  const TapView& view;
  std::int64_t channels, places, step;  // elements from a channel to the next
  float scale;

  explicit PictureReader(const TapView& v) : view(v), channels(v.shape[1]), places(1), scale(v.codes != nullptr ? v.codes->scale[0] : 1.0f) {
    for (std::size_t axis = 2; axis < v.shape.size(); ++axis) places *= v.shape[axis];
    step = v.channels_last ? 1 : places;
  }
  const float* at(std::int64_t n, std::int64_t c, std::int64_t place) const {
    return view.data + (view.channels_last ? (n * places + place) * channels + c : (n * channels + c) * places + place);
  }
};

// The patches of a convolution's input, [columns][groups].
class PatchReader {
 public:
  PatchReader(const TapView& view, Window window, std::int64_t columns, std::int64_t groups)
      : picture_(view), window_(std::move(window)), columns_(columns), groups_(groups), taps_(element_count(window_.kernel)), channels_(columns / taps_) {}

  void read(std::int64_t sample, std::int64_t place, float* to) const {
    std::vector<std::int64_t> position(window_.rank());
    for (std::size_t axis = position.size(); axis-- > 0; place /= window_.out[axis]) position[axis] = place % window_.out[axis];
    std::int64_t inside = 0;
    for_each_tap(window_, position, [&](std::int64_t, std::int64_t) { ++inside; });
    if (inside < taps_) std::fill(to, to + columns_ * groups_, 0.0f);
    for_each_tap(window_, position, [&](std::int64_t tap, std::int64_t at) {
      if (groups_ == 1) return copy_channels(picture_.at(sample, 0, at), to + tap);
      for (std::int64_t c = 0; c < channels_; ++c) copy_scaled(picture_.at(sample, c, at), groups_, channels_ * picture_.step, picture_.scale, to + (c * taps_ + tap) * groups_);
    });
  }

 private:
  void copy_channels(const float* from, float* to) const {
    if (taps_ == 1) return copy_scaled(from, channels_, picture_.step, picture_.scale, to);
    for (std::int64_t c = 0; c < channels_; ++c) to[c * taps_] = from[c * picture_.step] * picture_.scale;
  }

  const PictureReader picture_;
  const Window window_;
  const std::int64_t columns_, groups_, taps_, channels_;
};

}  // namespace

PatchSampler::PatchSampler(const Graph& graph, const Layer& layer, std::int64_t positions, std::uint64_t seed)
    : node_(graph.node(layer.node)), is_convolution_(node_.type == "Conv"), positions_(positions), seed_(seed) {
  const Shape& weight = graph.constant(layer.weight)->shape();
  columns_ = element_count(weight) / layer.channels;
  if (!is_convolution_) return;
  kernel_.assign(weight.begin() + 2, weight.end());
  groups_ = node_.attributes.integer("group", 1);
}

// Where the rows of the samples lie: for each sample one of each of `positions_` equal stretches, so that they spread over
// the picture.
std::vector<std::int64_t> PatchSampler::chosen(std::int64_t available, std::int64_t samples, std::int64_t first) const {
  const std::int64_t count = std::min(available, positions_);
  std::vector<std::int64_t> places;
  const Random random(seed_, "patches of " + node_.name);
  for (std::int64_t s = first; s < first + samples; ++s) {
    for (std::int64_t i = 0; i < count; ++i) {
      const double offset = available > count ? random.uniform(static_cast<std::uint64_t>(s * positions_ + i)) : 0.0;
      places.push_back(static_cast<std::int64_t>((static_cast<double>(i) + offset) * static_cast<double>(available) / static_cast<double>(count)));
    }
  }
  return places;
}

std::int64_t PatchSampler::available(const TapView& data, std::int64_t batch) const {
  if (is_convolution_) return element_count(window_of(node_, data.shape, kernel_).out);
  return std::max<std::int64_t>(1, element_count(data.shape) / columns_ / batch);
}

std::int64_t PatchSampler::rows_of_sample(const TapView& view, std::int64_t batch) const { return std::min(available(view, batch), positions_); }

void PatchSampler::inputs(const TapView& view, std::int64_t batch, std::int64_t samples, std::int64_t first, float* rows, int threads) const {
  const std::int64_t everywhere = available(view, batch), each = std::min(everywhere, positions_), width = columns_ * groups_;
  const std::vector<std::int64_t> places = chosen(everywhere, samples, first);
  const float scale = view.codes != nullptr ? view.codes->scale[0] : 1.0f;
  std::optional<PatchReader> patches;
  if (is_convolution_) patches.emplace(view, window_of(node_, view.shape, kernel_), columns_, groups_);
  parallel_blocks(samples * each, kRowsAtOnce, threads, [&](std::int64_t from, std::int64_t end) {
    for (std::int64_t r = from; r < end; ++r) {
      const std::int64_t sample = r / each, place = places[static_cast<std::size_t>(r)];
      if (patches) patches->read(sample, place, rows + r * width);
      else copy_scaled(view.data + (sample * everywhere + place) * columns_, columns_, 1, scale, rows + r * width);
    }
  });
}

std::vector<float> PatchSampler::outputs(const TapView& view, std::int64_t batch, std::int64_t samples, std::int64_t first, int threads) const {
  const std::int64_t channels = view.shape[is_convolution_ ? 1 : view.shape.size() - 1], targets = channels / groups_;
  const std::int64_t everywhere = is_convolution_ ? PictureReader(view).places : element_count(view.shape) / batch / channels;
  const std::int64_t each = std::min(everywhere, positions_);
  const float scale = view.codes != nullptr ? view.codes->scale[0] : 1.0f;
  const bool innermost = view.channels_last || !is_convolution_;
  const std::vector<std::int64_t> places = chosen(everywhere, samples, first);
  std::vector<float> rows(static_cast<std::size_t>(samples * each * channels));
  parallel_blocks(samples * each, kRowsAtOnce, threads, [&](std::int64_t from, std::int64_t end) {
    for (std::int64_t r = from; r < end; ++r) {
      const std::int64_t sample = r / each, place = places[static_cast<std::size_t>(r)], step = innermost ? 1 : everywhere;
      const float* source = view.data + (innermost ? (sample * everywhere + place) * channels : sample * channels * everywhere + place);
      float* to = &rows[static_cast<std::size_t>(r * channels)];
      if (groups_ == 1) copy_scaled(source, channels, step, scale, to);
      for (std::int64_t t = 0; t < targets && groups_ > 1; ++t) copy_scaled(source + t * step, groups_, targets * step, scale, to + t * groups_);
    }
  });
  return rows;
}

}  // namespace halftone
