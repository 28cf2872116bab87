// Pooling of channels-last pictures [N, H, W, C].
#pragma once

#include <cstdint>

namespace halftone {

enum class PoolKind { max, average };

// Sizes, and the window per spatial axis (0: height, 1: width). Taps outside the input are left out of the maximum and
// count as 0 in the sum. average: the divisor is the number of taps inside, or of those inside the padded picture.
struct PoolShape {
  std::int64_t batch = 1, channels = 1;
  std::int64_t in[2] = {1, 1}, out[2] = {1, 1};
  std::int64_t kernel[2] = {1, 1}, stride[2] = {1, 1}, dilation[2] = {1, 1}, pad_begin[2] = {0, 0}, pad_end[2] = {0, 0};
  bool count_padding = false;
};

// out [N, OH, OW, C]. Sums in float32 from the top left tap to the bottom right one (exact for codes), then one division.
void pool_channels_last(const float* in, PoolKind kind, const PoolShape& shape, float* out, int threads);

// out [N, C]: mean or maximum over all positions of in [N, positions, C]. The sum is taken in float64.
void pool_all_channels_last(const float* in, PoolKind kind, std::int64_t batch, std::int64_t positions, std::int64_t channels,
                            float* out, int threads);

}  // namespace halftone
