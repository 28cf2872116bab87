// Pictures as 8-bit pixels, rows from the top, channels innermost, and how JPEG and PNG files become them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace halftone {

struct Picture {
  std::int64_t height = 0, width = 0, channels = 3;  // 3: RGB; 1: grey
  std::vector<std::uint8_t> pixels;                  // [height, width, channels]
};

// A rectangle of somebody's pixels.
struct PictureView {
  const std::uint8_t* pixels = nullptr;
  std::int64_t height = 0, width = 0, channels = 3;
  std::int64_t stride = 0;  // bytes from a row to the next

  PictureView() = default;
  PictureView(const Picture& picture)  // NOLINT: a Picture is a view of itself
      : PictureView(picture.pixels.data(), picture.height, picture.width, picture.channels) {}
  PictureView(const std::uint8_t* data, std::int64_t h, std::int64_t w, std::int64_t c)
      : pixels(data), height(h), width(w), channels(c), stride(w * c) {}
};

constexpr std::int64_t kMostPixels = std::int64_t{1} << 26;  // larger pictures are refused before anything is allocated

// Decodes a JPEG or PNG, told apart by contents, to RGB: what Pillow's Image.open(file).convert("RGB") gives, bit for bit.
// Grey becomes three equal channels, alpha is dropped, CMYK and YCCK are taken as Adobe's inverted inks, EXIF orientation
// is ignored. One difference: of 16-bit grey we keep the high byte (Pillow clips at 255).
// Throws Error, which `where` begins: neither format, cut off, damaged, more than kMostPixels.
Picture decode_picture(std::span<const std::byte> file, const std::string& where);
Picture read_picture(const std::filesystem::path& path);

// Luma as Pillow's convert("L"): (19595 R + 38470 G + 7471 B + 2^15) >> 16. A grey picture is copied.
Picture to_grey(const PictureView& picture);
// Three equal channels. An RGB picture is copied.
Picture to_rgb(const PictureView& picture);

// Height and width of a label picture, from its head alone; and its classes: uint8 [height, width], the palette's indices
// or the grey values as they are stored. Throws Error for what is not a PNG of at most 8 bits with one channel.
Shape label_picture_size(const std::filesystem::path& path);
Tensor read_label_picture(const std::filesystem::path& path);

}  // namespace halftone
