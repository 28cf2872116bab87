#include "kernels/pool.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "base/parallel.h"
#include "kernels/simd.h"

namespace halftone {
namespace {

HALFTONE_SIMD_CLONES
void add_row(const float* in, std::int64_t count, float* sum) {
  for (std::int64_t c = 0; c < count; ++c) sum[c] += in[c];
}

HALFTONE_SIMD_CLONES
void max_row(const float* in, std::int64_t count, float* most) {
  for (std::int64_t c = 0; c < count; ++c) most[c] = in[c] > most[c] ? in[c] : most[c];
}

HALFTONE_SIMD_CLONES
void divide_row(float* row, std::int64_t count, float divisor) {
  for (std::int64_t c = 0; c < count; ++c) row[c] /= divisor;
}

// The taps of one output index along one axis: [first, end) of the kernel, and how many lie in the padded picture.
struct Taps {
  std::int64_t first = 0, end = 0, padded = 0;
};

Taps taps_of(const PoolShape& s, int axis, std::int64_t out) {
  const std::int64_t start = out * s.stride[axis] - s.pad_begin[axis];
  Taps taps{s.kernel[axis], 0, 0};
  for (std::int64_t k = 0; k < s.kernel[axis]; ++k) {
    const std::int64_t at = start + k * s.dilation[axis];
    if (at >= 0 && at < s.in[axis]) {
      taps.first = std::min(taps.first, k);
      taps.end = k + 1;
    }
    if (at < s.in[axis] + s.pad_end[axis]) ++taps.padded;
  }
  taps.first = std::min(taps.first, taps.end);
  return taps;
}

void pool_position(const float* in, PoolKind kind, const PoolShape& s, std::int64_t oh, std::int64_t ow, float* out) {
  const Taps rows = taps_of(s, 0, oh), columns = taps_of(s, 1, ow);
  const float start = kind == PoolKind::max ? std::numeric_limits<float>::lowest() : 0.0f;
  std::fill(out, out + s.channels, start);
  for (std::int64_t kh = rows.first; kh < rows.end; ++kh) {
    const std::int64_t ih = oh * s.stride[0] - s.pad_begin[0] + kh * s.dilation[0];
    for (std::int64_t kw = columns.first; kw < columns.end; ++kw) {
      const std::int64_t iw = ow * s.stride[1] - s.pad_begin[1] + kw * s.dilation[1];
      const float* pixel = in + (ih * s.in[1] + iw) * s.channels;
      kind == PoolKind::max ? max_row(pixel, s.channels, out) : add_row(pixel, s.channels, out);
    }
  }
  if (kind == PoolKind::max) return;
  const std::int64_t inside = (rows.end - rows.first) * (columns.end - columns.first);
  const std::int64_t divisor = s.count_padding ? rows.padded * columns.padded : inside;
  if (divisor > 0) divide_row(out, s.channels, static_cast<float>(divisor));
}

}  // namespace

void pool_channels_last(const float* in, PoolKind kind, const PoolShape& s, float* out, int threads) {
  parallel_for(s.batch * s.out[0], threads, [&](std::int64_t item) {
    const std::int64_t n = item / s.out[0], oh = item % s.out[0];
    const float* picture = in + n * s.in[0] * s.in[1] * s.channels;
    for (std::int64_t ow = 0; ow < s.out[1]; ++ow) {
      pool_position(picture, kind, s, oh, ow, out + (item * s.out[1] + ow) * s.channels);
    }
  });
}

void pool_all_channels_last(const float* in, PoolKind kind, std::int64_t batch, std::int64_t positions, std::int64_t channels,
                            float* out, int threads) {
  parallel_for(batch, threads, [&](std::int64_t n) {
    const float* picture = in + n * positions * channels;
    float* to = out + n * channels;
    if (kind == PoolKind::max) {
      std::fill(to, to + channels, std::numeric_limits<float>::lowest());
      for (std::int64_t p = 0; p < positions; ++p) max_row(picture + p * channels, channels, to);
      return;
    }
    std::vector<double> sum(static_cast<std::size_t>(channels), 0.0);
    for (std::int64_t p = 0; p < positions; ++p) {
      for (std::int64_t c = 0; c < channels; ++c) sum[static_cast<std::size_t>(c)] += picture[p * channels + c];
    }
    for (std::int64_t c = 0; c < channels; ++c) to[c] = static_cast<float>(sum[static_cast<std::size_t>(c)] / static_cast<double>(positions));
  });
}

}  // namespace halftone
