#include "ranges/patches.h"

#include <algorithm>

#include "base/parallel.h"
#include "base/random.h"
#include "operators/window.h"

namespace halftone {
namespace {

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

}  // namespace

PatchSampler::PatchSampler(const Graph& graph, const Layer& layer, std::int64_t positions, std::uint64_t seed)
    : node_(graph.node(layer.node)), is_convolution_(node_.type == "Conv"), positions_(positions), seed_(seed) {
  const Shape& weight = graph.constant(layer.weight)->shape();
  columns_ = element_count(weight) / layer.channels;
  if (!is_convolution_) return;
  kernel_.assign(weight.begin() + 2, weight.end());
  groups_ = node_.attributes.integer("group", 1);
}

// One of each of `positions_` equal stretches, so that they spread over the picture.
std::vector<std::int64_t> PatchSampler::chosen(std::int64_t available, std::int64_t sample) const {
  const std::int64_t count = std::min(available, positions_);
  std::vector<std::int64_t> places(static_cast<std::size_t>(count));
  const Random random(seed_, "patches of " + node_.name);
  for (std::int64_t i = 0; i < count; ++i) {
    const double offset = available > count ? random.uniform(static_cast<std::uint64_t>(sample * positions_ + i)) : 0.0;
    places[static_cast<std::size_t>(i)] = static_cast<std::int64_t>((static_cast<double>(i) + offset) * static_cast<double>(available) / static_cast<double>(count));
  }
  return places;
}

std::int64_t PatchSampler::add(const TapView& view, std::int64_t batch, std::int64_t samples, std::int64_t first,
                               std::vector<std::vector<float>>& rows, int threads) const {
  rows.resize(static_cast<std::size_t>(groups_));
  return is_convolution_ ? add_patches(view, samples, first, rows, threads) : add_matrix_rows(view, batch, samples, first, rows);
}

std::int64_t PatchSampler::add_patches(const TapView& view, std::int64_t samples, std::int64_t first, std::vector<std::vector<float>>& rows, int threads) const {
  const Window window = window_of(node_, view.shape, kernel_);
  const PictureReader picture(view);
  const std::int64_t available = element_count(window.out), each = std::min(available, positions_), taps = element_count(window.kernel);
  const std::int64_t channels = columns_ / taps, count = samples * each;
  const std::size_t before = rows[0].size();
  for (auto& group : rows) group.resize(before + static_cast<std::size_t>(count * columns_), 0.0f);
  parallel_for(samples, threads, [&](std::int64_t s) {
    const std::vector<std::int64_t> places = chosen(available, first + s);
    for (std::int64_t i = 0; i < each; ++i) {
      std::vector<std::int64_t> position(window.rank());
      for (std::int64_t axis = static_cast<std::int64_t>(window.rank()) - 1, rest = places[static_cast<std::size_t>(i)]; axis >= 0; --axis) {
        position[static_cast<std::size_t>(axis)] = rest % window.out[static_cast<std::size_t>(axis)];
        rest /= window.out[static_cast<std::size_t>(axis)];
      }
      const std::size_t row = before + static_cast<std::size_t>((s * each + i) * columns_);
      for_each_tap(window, position, [&](std::int64_t tap, std::int64_t place) {
        for (std::int64_t g = 0; g < groups_; ++g) {
          float* to = rows[static_cast<std::size_t>(g)].data() + row;
          const float* from = picture.at(s, g * channels, place);
          for (std::int64_t c = 0; c < channels; ++c) to[c * taps + tap] = from[c * picture.step] * picture.scale;
        }
      });
    }
  });
  return count;
}

std::int64_t PatchSampler::add_matrix_rows(const TapView& view, std::int64_t batch, std::int64_t samples, std::int64_t first,
                                           std::vector<std::vector<float>>& rows) const {
  const std::int64_t total = element_count(view.shape) / columns_, available = std::max<std::int64_t>(1, total / batch);
  const float scale = view.codes != nullptr ? view.codes->scale[0] : 1.0f;
  std::int64_t count = 0;
  for (std::int64_t s = 0; s < samples; ++s) {
    for (const std::int64_t place : chosen(available, first + s)) {
      const float* from = view.data + (s * available + place) * columns_;
      for (std::int64_t c = 0; c < columns_; ++c) rows[0].push_back(from[c] * scale);
      ++count;
    }
  }
  return count;
}

std::vector<float> PatchSampler::outputs(const TapView& view, std::int64_t batch, std::int64_t samples, std::int64_t first, int threads) const {
  const std::int64_t channels = view.shape[is_convolution_ ? 1 : view.shape.size() - 1];
  const std::int64_t available = is_convolution_ ? PictureReader(view).places : element_count(view.shape) / batch / channels;
  const std::int64_t each = std::min(available, positions_);
  const float scale = view.codes != nullptr ? view.codes->scale[0] : 1.0f;
  const bool innermost = view.channels_last || !is_convolution_;
  std::vector<float> rows(static_cast<std::size_t>(samples * each * channels));
  parallel_for(samples, threads, [&](std::int64_t s) {
    float* to = rows.data() + s * each * channels;
    for (const std::int64_t place : chosen(available, first + s)) {
      const float* from = view.data + (innermost ? (s * available + place) * channels : s * channels * available + place);
      const std::int64_t step = innermost ? 1 : available;
      for (std::int64_t c = 0; c < channels; ++c) *to++ = from[c * step] * scale;
    }
  });
  return rows;
}

}  // namespace halftone
