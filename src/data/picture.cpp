#include "data/picture.h"

#include <algorithm>
#include <string_view>

#include "base/error.h"
#include "base/file.h"
#include "data/jpeg.h"
#include "data/png.h"

namespace halftone {
namespace fs = std::filesystem;
namespace {

// What a file that is no JPEG or PNG seems to be.
std::string_view guess_kind(std::span<const std::byte> file) {
  const std::string_view text(reinterpret_cast<const char*>(file.data()), std::min<std::size_t>(file.size(), 16));
  if (text.empty()) return "it is empty";
  if (text.starts_with("GIF8")) return "it is a GIF; convert it first";
  if (text.starts_with("BM")) return "it looks like a BMP; convert it first";
  if (text.starts_with("RIFF") && text.find("WEBP") == 8) return "it is a WebP; convert it first";
  if (text.starts_with("II*") || text.starts_with("MM")) return "it looks like a TIFF; convert it first";
  const bool printable = std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' || c == '\n' || c == '\r' || c == '\t'; });
  return printable ? "it looks like text" : "its first bytes are of neither";
}

void check_is_png(std::span<const std::byte> file, const std::string& where) {
  if (!is_png(file)) throw Error("{}: is not a PNG picture; label pictures are 8-bit PNG", where);
}

}  // namespace

Picture decode_picture(std::span<const std::byte> file, const std::string& where) {
  if (is_jpeg(file)) return decode_jpeg(file, where);
  if (is_png(file)) return decode_png(file, where);
  throw Error("{}: is not a JPEG or PNG picture: {}", where, guess_kind(file));
}

Picture read_picture(const fs::path& path) {
  const MappedFile file(path);
  return decode_picture(file.bytes(), path.string());
}

Picture to_grey(const PictureView& picture) {
  Picture grey{picture.height, picture.width, 1, {}};
  grey.pixels.resize(static_cast<std::size_t>(picture.height * picture.width));
  std::uint8_t* out = grey.pixels.data();
  for (std::int64_t y = 0; y < picture.height; ++y, out += picture.width) {
    const std::uint8_t* row = picture.pixels + y * picture.stride;
    if (picture.channels == 1) {
      std::copy_n(row, picture.width, out);
      continue;
    }
    for (std::int64_t x = 0; x < picture.width; ++x, row += 3) {
      out[x] = static_cast<std::uint8_t>((row[0] * 19595u + row[1] * 38470u + row[2] * 7471u + 0x8000u) >> 16);
    }
  }
  return grey;
}

Picture to_rgb(const PictureView& picture) {
  Picture rgb{picture.height, picture.width, 3, {}};
  rgb.pixels.resize(static_cast<std::size_t>(picture.height * picture.width * 3));
  std::uint8_t* out = rgb.pixels.data();
  for (std::int64_t y = 0; y < picture.height; ++y) {
    const std::uint8_t* row = picture.pixels + y * picture.stride;
    for (std::int64_t x = 0; x < picture.width; ++x, row += picture.channels, out += 3) {
      for (std::int64_t c = 0; c < 3; ++c) out[c] = row[picture.channels == 3 ? c : 0];
    }
  }
  return rgb;
}

Shape label_picture_size(const fs::path& path) {
  const MappedFile file(path);
  check_is_png(file.bytes(), path.string());
  return png_size(file.bytes(), path.string());
}

Tensor read_label_picture(const fs::path& path) {
  const MappedFile file(path);
  check_is_png(file.bytes(), path.string());
  const Picture labels = decode_png_labels(file.bytes(), path.string());
  return Tensor::from<std::uint8_t>({labels.height, labels.width}, labels.pixels);
}

}  // namespace halftone
