#include "data/picture_input.h"

#include <bit>
#include <cmath>

#include "base/error.h"
#include "data/crop.h"
#include "data/model_input.h"
#include "data/resize.h"

namespace halftone {
namespace {

bool counts_colors(const Dimension& dim) { return dim.size == 1 || dim.size == 3; }

// NCHW where axis 1 counts colours or axis 3 does not.
bool is_channels_first(const std::vector<Dimension>& dims) { return counts_colors(dims[1]) || !counts_colors(dims[3]); }

// The side that --size and the model agree on.
std::int64_t agreed_side(std::optional<std::int64_t> asked, const Dimension& own, const char* what,
                         const InputSpec& input) {
  if (asked && *asked < 1) throw UsageError("--size: the {} is {}; it must be at least 1", what, *asked);
  if (asked && own.size >= 0 && own.size != *asked) {
    throw UsageError("--size asks for {} {}, but {} takes {}; leave --size out", what, *asked, describe(input), own.size);
  }
  if (!asked && own.size < 0) {
    throw UsageError("{} leaves the {} of its pictures open; give --size HxW or --size N", describe(input), what);
  }
  const std::int64_t side = asked ? *asked : own.size;
  if (side < 1 || side > kMostPixels) throw UsageError("{}: pictures of {} {} cannot be made", describe(input), what, side);
  return side;
}

// One number a channel from --mean or --std.
float of_channel(const std::vector<float>& numbers, std::size_t channel, float otherwise) {
  if (numbers.empty()) return otherwise;
  return numbers.size() == 1 ? numbers[0] : numbers[channel];
}

void check_numbers(const std::vector<float>& numbers, const char* flag, std::int64_t channels, bool divides) {
  if (numbers.size() > 1 && numbers.size() != static_cast<std::size_t>(channels)) {
    throw UsageError("{}: {} numbers for {} channel{}; give one, or one a channel", flag, numbers.size(), channels,
                     channels == 1 ? "" : "s");
  }
  for (const float number : numbers) {
    if (!std::isfinite(number) || (divides && number == 0)) {
      throw UsageError("{}: {} cannot be used; give {} number", flag, number, divides ? "a finite, non-zero" : "a finite");
    }
  }
}

std::uint32_t bits_of(float value, DataType type) {
  return type == DataType::float16 ? float_to_half(value) : std::bit_cast<std::uint32_t>(value);
}

}  // namespace

bool leaves_size_open(const InputSpec& input) {
  if (input.dims.size() != 4) return input.dims.empty();
  const std::size_t first = is_channels_first(input.dims) ? 2 : 1;
  return input.dims[first].size < 0 && input.dims[first + 1].size < 0;
}

PictureInput::PictureInput(const DataOptions& options, const InputSpec& input)
    : interpolation_(options.interpolation),
      color_(options.color),
      crop_fraction_(options.crop_fraction),
      type_(input.type) {
  if (!(crop_fraction_ > 0 && crop_fraction_ <= 1)) {
    throw UsageError("--crop-fraction: {} is not within 0 (excluded) to 1", crop_fraction_);
  }
  if (type_ != DataType::float32 && type_ != DataType::float16 && type_ != DataType::uint8) {
    throw Error("{} does not take pictures: its type must be float32, float16 or uint8; give arrays (.npy, .npz)",
                describe(input));
  }
  if (!input.dims.empty() && input.dims.size() != 4) {
    throw Error("{} does not take pictures: they need four axes, N C H W or N H W C; give arrays (.npy, .npz)",
                describe(input));
  }
  read_layout(input);
  read_size(options, input);
  read_normalization(options, input);
}

void PictureInput::read_layout(const InputSpec& input) {
  const bool grey = color_ == ColorOrder::grey;
  channels_ = grey ? 1 : 3;
  if (input.dims.empty()) return;
  channels_first_ = is_channels_first(input.dims);
  const Dimension& declared = input.dims[channels_first_ ? 1 : 3];
  if (declared.size < 0) return;
  if (!counts_colors(declared)) {
    throw Error("{} does not take pictures: neither axis 1 nor axis 3 has 1 or 3 channels; give arrays (.npy, .npz)",
                describe(input));
  }
  if (grey && declared.size == 3) throw UsageError("--color grey: {} takes 3 channels", describe(input));
  channels_ = declared.size;
}

void PictureInput::read_size(const DataOptions& options, const InputSpec& input) {
  const std::size_t first = channels_first_ ? 2 : 1;
  const Dimension open;
  height_ = agreed_side(options.height, input.dims.empty() ? open : input.dims[first], "height", input);
  width_ = agreed_side(options.width, input.dims.empty() ? open : input.dims[first + 1], "width", input);
  if (height_ * width_ > kMostPixels) throw UsageError("--size: {} x {} is more than 2^26 pixels", height_, width_);
}

void PictureInput::read_normalization(const DataOptions& options, const InputSpec& input) {
  if (type_ == DataType::uint8) {
    if (options.mean.empty() && options.std.empty()) return;
    throw UsageError("--mean and --std: {} takes the pixels as they are; leave them out", describe(input));
  }
  check_numbers(options.mean, "--mean", channels_, false);
  check_numbers(options.std, "--std", channels_, true);
  for (std::size_t c = 0; c < static_cast<std::size_t>(channels_); ++c) {
    const float mean = of_channel(options.mean, c, 0), deviation = of_channel(options.std, c, 1);
    for (std::size_t pixel = 0; pixel < 256; ++pixel) {
      values_[c][pixel] = bits_of((static_cast<float>(pixel) - mean) / deviation, type_);
    }
  }
}

Tensor PictureInput::make_batch(std::int64_t count) const {
  return Tensor::uninitialized(type_, channels_first_ ? Shape{count, channels_, height_, width_} : Shape{count, height_, width_, channels_});
}

template <typename T>
void PictureInput::write(const Picture& picture, T* out) const {
  const std::int64_t pixels = height_ * width_;
  for (std::int64_t c = 0; c < channels_; ++c) {
    const std::uint8_t* in = picture.pixels.data() + (color_ == ColorOrder::bgr ? channels_ - 1 - c : c);
    const std::uint32_t* values = values_[static_cast<std::size_t>(c)].data();
    T* to = out + (channels_first_ ? c * pixels : c);
    const std::int64_t step = channels_first_ ? 1 : channels_;
    for (std::int64_t i = 0; i < pixels; ++i, in += channels_, to += step) {
      if constexpr (sizeof(T) == 1) {
        *to = *in;
      } else {
        *to = static_cast<T>(values[*in]);
      }
    }
  }
}

Picture PictureInput::fitted(const PictureView& picture) const {
  if (picture.channels != channels_) return fitted(channels_ == 1 ? to_grey(picture) : to_rgb(picture));
  const CropBox box = centre_crop(picture.width, picture.height, width_, height_, crop_fraction_);
  return resize(crop(picture, box), height_, width_, interpolation_);
}

void PictureInput::place_fitted(const Picture& fitted, std::byte* batch, std::int64_t index) const {
  const std::size_t at = static_cast<std::size_t>(index) * fitted_bytes();
  switch (size_of(type_)) {
    case 1: return write(fitted, reinterpret_cast<std::uint8_t*>(batch) + at);
    case 2: return write(fitted, reinterpret_cast<std::uint16_t*>(batch) + at);
    default: return write(fitted, reinterpret_cast<std::uint32_t*>(batch) + at);
  }
}

}  // namespace halftone
