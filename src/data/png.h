// PNG by libpng: as RGB pixels, or as the stored classes of a label picture.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "data/picture.h"

namespace halftone {

bool is_png(std::span<const std::byte> file);
Picture decode_png(std::span<const std::byte> file, const std::string& where);         // to RGB; see decode_picture
Picture decode_png_labels(std::span<const std::byte> file, const std::string& where);  // one channel; see read_label_picture
Shape png_size(std::span<const std::byte> file, const std::string& where);             // [height, width], from the head

}  // namespace halftone
