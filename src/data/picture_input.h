// From pixels to a network's input: colours, crop, resize, normalise, layout.
//
// The steps, in this order: grey where the network takes one channel (or --color grey), the centre crop, resize unless
// the crop has the network's size already, (pixel - mean) / std in float32, channels in RGB or BGR order, as NCHW or
// NHWC. An input of type uint8 gets the pixels as they are.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "data/dataset.h"
#include "data/picture.h"

namespace halftone {

bool leaves_size_open(const InputSpec& input);  // neither height nor width is declared

class PictureInput {
 public:
  // Throws Error when the input cannot take pictures, UsageError when the options do not fit it.
  PictureInput(const DataOptions& options, const InputSpec& input);

  Tensor make_batch(std::int64_t count) const;  // [count, ...] in the input's type and layout, nothing written

  // Writes sample `index` of a batch made by make_batch, whose memory is `batch`. Safe from many threads.
  void place(const PictureView& picture, std::byte* batch, std::int64_t index) const { place_fitted(fitted(picture), batch, index); }

  // The same in two steps: pixels of the network's size and number of channels, and what it takes of them.
  Picture fitted(const PictureView& picture) const;
  void place_fitted(const Picture& fitted, std::byte* batch, std::int64_t index) const;
  std::size_t fitted_bytes() const { return static_cast<std::size_t>(channels_ * height_ * width_); }

 private:
  void read_layout(const InputSpec& input);
  void read_size(const DataOptions& options, const InputSpec& input);
  void read_normalization(const DataOptions& options, const InputSpec& input);
  template <typename T>
  void write(const Picture& picture, T* out) const;

  Interpolation interpolation_;
  ColorOrder color_;
  double crop_fraction_;
  DataType type_;
  bool channels_first_ = true;
  std::int64_t channels_ = 3, height_ = 0, width_ = 0;
  // The input's value for each pixel of each channel (in the order written), as bits of its type.
  std::array<std::array<std::uint32_t, 256>, 3> values_{};
};

}  // namespace halftone
