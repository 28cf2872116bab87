// Rows of a layer: what goes in at some positions of some samples, and what should come out. The groups of a grouped
// convolution stand side by side, so that instructions run over the channels of a depthwise one.
#pragma once

#include <cstdint>
#include <optional>

#include "operators/clamp.h"

namespace halftone {

struct LayerRows {
  std::int64_t groups = 1, columns = 0, targets = 0;  // elements of x^ and of t, of each group
  std::int64_t rows = 0;                              // about, a batch more or less
  std::optional<Clamp> clamp;                         // that alone reads the result
  int weight_bits = 8;

  std::int64_t width() const { return columns * groups; }
  std::int64_t target_width() const { return targets * groups; }
};

// Of `samples` samples, as many rows each.
struct RowBlock {
  const float* x = nullptr;  // [rows][columns][groups]
  const float* t = nullptr;  // [rows][targets][groups]
  std::int64_t rows = 0, samples = 0;
};

}  // namespace halftone
