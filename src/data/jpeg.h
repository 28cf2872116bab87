// JPEG by libjpeg-turbo, with the defaults that Pillow uses: ISLOW transform, smooth chroma upsampling.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "data/picture.h"

namespace halftone {

bool is_jpeg(std::span<const std::byte> file);
Picture decode_jpeg(std::span<const std::byte> file, const std::string& where);  // to RGB; see decode_picture

}  // namespace halftone
