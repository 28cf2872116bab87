// Which rectangle of a picture a network sees.
#pragma once

#include <cstdint>

#include "data/picture.h"

namespace halftone {

struct CropBox {
  std::int64_t left = 0, top = 0, width = 0, height = 0;
  bool operator==(const CropBox&) const = default;
};

// The largest centred rectangle of the shape `to_width` x `to_height`, times `fraction`:
//     width x height = (w, w H / W) or (h W / H, h), whichever fits into w x h;  each side <- round(fraction * side)
//     left = floor((w - width) / 2), top = floor((h - height) / 2)
// Rounding is to nearest, halves to even (Python's round); no side is less than 1. For a square this is the centre
// square of fraction x the short side. All sizes are positive, 0 < fraction <= 1.
CropBox centre_crop(std::int64_t width, std::int64_t height, std::int64_t to_width, std::int64_t to_height,
                    double fraction);

PictureView crop(const PictureView& picture, const CropBox& box);  // the box lies within the picture

}  // namespace halftone
