#include "data/crop.h"

#include <algorithm>
#include <cmath>

namespace halftone {

CropBox centre_crop(std::int64_t width, std::int64_t height, std::int64_t to_width, std::int64_t to_height,
                    double fraction) {
  auto w = static_cast<double>(width), h = static_cast<double>(height);
  if (width * to_height > height * to_width) {
    w = static_cast<double>(height * to_width) / static_cast<double>(to_height);
  } else {
    h = static_cast<double>(width * to_height) / static_cast<double>(to_width);
  }
  const auto rounded = [fraction](double side, std::int64_t most) {
    return std::clamp(static_cast<std::int64_t>(std::nearbyint(fraction * side)), std::int64_t{1}, most);
  };
  CropBox box{.width = rounded(w, width), .height = rounded(h, height)};
  box.left = (width - box.width) / 2;
  box.top = (height - box.height) / 2;
  return box;
}

PictureView crop(const PictureView& picture, const CropBox& box) {
  PictureView part = picture;
  part.pixels += box.top * picture.stride + box.left * picture.channels;
  part.height = box.height;
  part.width = box.width;
  return part;
}

}  // namespace halftone
