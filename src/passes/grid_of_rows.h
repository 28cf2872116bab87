// A layer's weight grid as the rows that are rounded see it.
#pragma once

#include "operators/layer.h"
#include "ranges/rounding.h"

namespace halftone {

// [channels][blocks] of scales; a scale that the whole tensor shares is each channel's.
class GridOfRows {
 public:
  GridOfRows(const Encoding& grid, const Shape& weight, const Layer& layer);

  const std::vector<float>& scales() const { return scales_; }
  std::int64_t block() const { return block_; }  // columns that share a scale
  bool per_tensor() const { return grid_.per_tensor(); }

  // Appends a channel's scales and codes.
  void add_channel(std::size_t channel, RoundingProblem& problem) const;

  // The grid with other scales, as [channels][blocks]; one for the tensor stays what it is.
  Encoding with(const std::vector<float>& scales) const;

 private:
  const Encoding grid_;
  const Shape shape_;  // of the scales
  const int axis_;
  const std::int64_t block_, blocks_;
  std::vector<float> scales_;
};

}  // namespace halftone
