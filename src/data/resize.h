// Resampling that equals Pillow's Image.resize bit for bit.
#pragma once

#include <cstdint>

#include "data/dataset.h"
#include "data/picture.h"

namespace halftone {

// bilinear and bicubic: two separable passes with 8-bit pixels between them, horizontal and then vertical; the other way
// round where the height shrinks by more than twice what the width does (in pixels; Pillow since 13). For output i:
//     scale = in / out;  s = max(scale, 1);  centre = (i + 1/2) scale
//     weight[x] ~ f((x + 1/2 - centre) / s)  for pixels x with |x + 1/2 - centre| < support * s, summing to 1
//     out = clamp((2^21 + sum of round(2^22 weight[x]) pixel[x]) >> 22, 0, 255)
// bilinear: f(t) = 1 - |t|, support 1. bicubic: Keys' kernel with a = -1/2, support 2. Each enlarges its support when it
// shrinks a picture, so nothing aliases. A pass that changes no size is left out. The sum stays below 2^31.
// nearest: the pixel under the output pixel's centre. Sizes are positive.
// Source: the method is convolution resampling as Pillow documents it; checked against Pillow 13.
Picture resize(const PictureView& picture, std::int64_t height, std::int64_t width, Interpolation interpolation);

}  // namespace halftone
