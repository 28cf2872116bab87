#include "data/jpeg.h"

#include <csetjmp>
#include <cstdio>

#include <jpeglib.h>
// after jpeglib.h, which it needs
#include <jerror.h>

#include "base/error.h"

namespace halftone {
namespace {

constexpr int kMostScans = 1000;  // a progressive file may repeat scans without end

// libjpeg reports errors by a callback that must not return: it jumps back to run(), over frames of C only.
struct Decoder {
  jpeg_decompress_struct codec{};
  jpeg_error_mgr errors{};
  jpeg_progress_mgr progress{};
  std::jmp_buf escape;
  char message[JMSG_LENGTH_MAX] = {};
  bool ended_early = false, cut_off = false;

  Decoder() = default;
  ~Decoder() { jpeg_destroy_decompress(&codec); }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
};

Decoder& decoder_of(j_common_ptr codec) { return *static_cast<Decoder*>(codec->client_data); }

[[noreturn]] void on_error(j_common_ptr codec) {
  Decoder& decoder = decoder_of(codec);
  codec->err->format_message(codec, decoder.message);
  std::longjmp(decoder.escape, 1);
}

// Warnings are tolerated, except that rows made up after the end of the file would be taken for a picture.
void on_message(j_common_ptr codec, int level) {
  Decoder& decoder = decoder_of(codec);
  if (level != -1) return;
  if (codec->err->msg_code == JWRN_JPEG_EOF) decoder.ended_early = true;
  if (!decoder.ended_early) return;
  // A file that lacks only its end marker has all its rows, if it has them all in one scan.
  if (codec->err->msg_code == JWRN_HIT_MARKER || jpeg_has_multiple_scans(&decoder.codec) != 0) {
    decoder.cut_off = true;
    std::longjmp(decoder.escape, 1);
  }
}

void on_progress(j_common_ptr codec) {
  Decoder& decoder = decoder_of(codec);
  if (decoder.codec.input_scan_number <= kMostScans) return;
  std::snprintf(decoder.message, sizeof decoder.message, "it has more than %d scans", kMostScans);
  std::longjmp(decoder.escape, 1);
}

bool read_header(Decoder& decoder, std::span<const std::byte> file) {
  jpeg_decompress_struct& codec = decoder.codec;
  codec.err = jpeg_std_error(&decoder.errors);
  codec.client_data = &decoder;
  decoder.errors.error_exit = on_error;
  decoder.errors.emit_message = on_message;
  if (setjmp(decoder.escape) != 0) return false;
  jpeg_create_decompress(&codec);
  decoder.progress.progress_monitor = on_progress;
  codec.progress = &decoder.progress;
  jpeg_mem_src(&codec, reinterpret_cast<const unsigned char*>(file.data()), file.size());
  jpeg_read_header(&codec, TRUE);
  codec.out_color_space = codec.num_components == 4 ? JCS_CMYK : JCS_RGB;
  return true;
}

bool start(Decoder& decoder) {
  if (setjmp(decoder.escape) != 0) return false;
  return jpeg_start_decompress(&decoder.codec) != 0;
}

bool read_row(Decoder& decoder, std::uint8_t* row) {
  if (setjmp(decoder.escape) != 0) return false;
  return jpeg_read_scanlines(&decoder.codec, &row, 1) == 1;
}

[[noreturn]] void fail(const Decoder& decoder, const std::string& where) {
  if (decoder.cut_off || decoder.ended_early) {
    throw Error("{}: is cut off: the JPEG data end after {} of {} rows", where, decoder.codec.output_scanline,
                decoder.codec.image_height);
  }
  throw Error("{}: cannot be decoded as a JPEG picture: {}", where, static_cast<const char*>(decoder.message));
}

// round(a b / 255), in Pillow's integers.
unsigned times_over_255(unsigned a, unsigned b) {
  const unsigned product = a * b + 128;
  return ((product >> 8) + product) >> 8;
}

// Adobe's files hold inverted inks: 255 is no ink. So channel = key - key (255 - ink) / 255, with key and ink as stored.
void inks_to_rgb(const std::vector<std::uint8_t>& inks, std::uint8_t* rgb) {
  for (std::size_t i = 0; i + 3 < inks.size(); i += 4, rgb += 3) {
    const unsigned key = inks[i + 3];
    for (std::size_t c = 0; c < 3; ++c) {
      rgb[c] = static_cast<std::uint8_t>(key - times_over_255(255u - inks[i + c], key));
    }
  }
}

}  // namespace

bool is_jpeg(std::span<const std::byte> file) {
  return file.size() >= 3 && file[0] == std::byte{0xff} && file[1] == std::byte{0xd8} && file[2] == std::byte{0xff};
}

Picture decode_jpeg(std::span<const std::byte> file, const std::string& where) {
  Decoder decoder;
  if (!read_header(decoder, file)) fail(decoder, where);
  const jpeg_decompress_struct& codec = decoder.codec;
  const std::int64_t width = codec.image_width, height = codec.image_height;
  if (width * height > kMostPixels) {
    throw Error("{}: is {} x {} pixels; at most 2^26 pixels are decoded", where, width, height);
  }
  if (codec.num_components == 2 || codec.num_components > 4) {
    throw Error("{}: is a JPEG of {} components; 1, 3 and 4 are decoded", where, codec.num_components);
  }
  if (!start(decoder)) fail(decoder, where);
  Picture picture{height, width, 3, std::vector<std::uint8_t>(static_cast<std::size_t>(width * height * 3))};
  std::vector<std::uint8_t> inks(codec.num_components == 4 ? static_cast<std::size_t>(width) * 4 : 0);
  for (std::int64_t y = 0; y < height; ++y) {
    std::uint8_t* row = picture.pixels.data() + y * width * 3;
    if (!read_row(decoder, inks.empty() ? row : inks.data())) fail(decoder, where);
    inks_to_rgb(inks, row);
  }
  return picture;
}

}  // namespace halftone
