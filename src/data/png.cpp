#include "data/png.h"

#include <csetjmp>
#include <cstdio>
#include <cstring>

#include <png.h>

#include "base/error.h"

namespace halftone {
namespace {

constexpr const char* kCutOff = "is cut off";

// libpng reports errors by a callback that must not return: it jumps back to the caller, over frames of C only.
struct Decoder {
  png_structp png = nullptr;
  png_infop info = nullptr;
  std::span<const std::byte> rest;
  char message[256] = {};

  Decoder() = default;
  ~Decoder() { png_destroy_read_struct(&png, &info, nullptr); }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
};

[[noreturn]] void on_error(png_structp png, png_const_charp message) {
  auto& decoder = *static_cast<Decoder*>(png_get_error_ptr(png));
  std::snprintf(decoder.message, sizeof decoder.message, "%s", message);
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

void on_read(png_structp png, png_bytep to, std::size_t count) {
  auto& decoder = *static_cast<Decoder*>(png_get_io_ptr(png));
  if (count > decoder.rest.size()) png_error(png, kCutOff);
  std::memcpy(to, decoder.rest.data(), count);
  decoder.rest = decoder.rest.subspan(count);
}

bool read_header(Decoder& decoder, std::span<const std::byte> file) {
  decoder.rest = file;
  decoder.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &decoder, on_error, on_warning);
  if (decoder.png == nullptr) return false;
  if (setjmp(png_jmpbuf(decoder.png)) != 0) return false;
  decoder.info = png_create_info_struct(decoder.png);
  if (decoder.info == nullptr) return false;
  png_set_read_fn(decoder.png, &decoder, on_read);
  png_set_user_limits(decoder.png, kMostPixels, kMostPixels);  // each side; the caller checks the product
  png_read_info(decoder.png, decoder.info);
  return true;
}

bool ask_for_rgb(Decoder& decoder) {
  if (setjmp(png_jmpbuf(decoder.png)) != 0) return false;
  const int color = png_get_color_type(decoder.png, decoder.info);
  if (color == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(decoder.png);
  if (color == PNG_COLOR_TYPE_GRAY) png_set_expand_gray_1_2_4_to_8(decoder.png);
  png_set_strip_16(decoder.png);
  png_set_strip_alpha(decoder.png);
  if ((color & PNG_COLOR_MASK_COLOR) == 0) png_set_gray_to_rgb(decoder.png);
  png_set_interlace_handling(decoder.png);
  png_read_update_info(decoder.png, decoder.info);
  return true;
}

bool ask_for_stored_values(Decoder& decoder) {
  if (setjmp(png_jmpbuf(decoder.png)) != 0) return false;
  png_set_packing(decoder.png);
  png_set_interlace_handling(decoder.png);
  png_read_update_info(decoder.png, decoder.info);
  return true;
}

bool read_rows(Decoder& decoder, std::vector<png_bytep>& rows) {
  if (setjmp(png_jmpbuf(decoder.png)) != 0) return false;
  png_read_image(decoder.png, rows.data());
  return true;
}

[[noreturn]] void fail(const Decoder& decoder, const std::string& where) {
  const std::string message = decoder.message;
  if (message == kCutOff || message == "Not enough image data") throw Error("{}: is cut off: the PNG data end early", where);
  throw Error("{}: cannot be decoded as a PNG picture: {}", where, message.empty() ? "out of memory" : message);
}

void open(Decoder& decoder, std::span<const std::byte> file, const std::string& where) {
  if (!read_header(decoder, file)) fail(decoder, where);
  const std::int64_t width = png_get_image_width(decoder.png, decoder.info);
  const std::int64_t height = png_get_image_height(decoder.png, decoder.info);
  if (width * height > kMostPixels) {
    throw Error("{}: is {} x {} pixels; at most 2^26 pixels are decoded", where, width, height);
  }
}

Picture read(Decoder& decoder, std::int64_t channels, const std::string& where) {
  Picture picture{png_get_image_height(decoder.png, decoder.info), png_get_image_width(decoder.png, decoder.info),
                  channels, {}};
  const std::int64_t row_bytes = picture.width * channels;
  HALFTONE_CHECK(png_get_rowbytes(decoder.png, decoder.info) == static_cast<std::size_t>(row_bytes));
  picture.pixels.resize(static_cast<std::size_t>(picture.height * row_bytes));
  std::vector<png_bytep> rows(static_cast<std::size_t>(picture.height));
  for (std::size_t y = 0; y < rows.size(); ++y) rows[y] = picture.pixels.data() + y * static_cast<std::size_t>(row_bytes);
  if (!read_rows(decoder, rows)) fail(decoder, where);
  return picture;
}

void check_is_label_picture(const Decoder& decoder, const std::string& where) {
  const int color = png_get_color_type(decoder.png, decoder.info), bits = png_get_bit_depth(decoder.png, decoder.info);
  if ((color == PNG_COLOR_TYPE_PALETTE || color == PNG_COLOR_TYPE_GRAY) && bits <= 8) return;
  const char* what = bits > 8                                  ? "16-bit"
                     : (color & PNG_COLOR_MASK_COLOR) != 0 ? "RGB"
                                                           : "grey with alpha";
  throw Error("{}: is a {} PNG; a label picture holds a class a pixel: 8-bit grey or palette", where, what);
}

}  // namespace

bool is_png(std::span<const std::byte> file) {
  return file.size() >= 8 && png_sig_cmp(reinterpret_cast<png_const_bytep>(file.data()), 0, 8) == 0;
}

Picture decode_png(std::span<const std::byte> file, const std::string& where) {
  Decoder decoder;
  open(decoder, file, where);
  if (!ask_for_rgb(decoder)) fail(decoder, where);
  return read(decoder, 3, where);
}

Picture decode_png_labels(std::span<const std::byte> file, const std::string& where) {
  Decoder decoder;
  open(decoder, file, where);
  check_is_label_picture(decoder, where);
  if (!ask_for_stored_values(decoder)) fail(decoder, where);
  return read(decoder, 1, where);
}

Shape png_size(std::span<const std::byte> file, const std::string& where) {
  Decoder decoder;
  open(decoder, file, where);
  return {png_get_image_height(decoder.png, decoder.info), png_get_image_width(decoder.png, decoder.info)};
}

}  // namespace halftone
