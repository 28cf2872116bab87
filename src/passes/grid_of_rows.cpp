#include "passes/grid_of_rows.h"

namespace halftone {

GridOfRows::GridOfRows(const Encoding& grid, const Shape& weight, const Layer& layer)
    : grid_(grid), shape_(scale_shape(weight, grid)), axis_(layer.weight_axis), block_(grid.per_block() ? grid.block_size : element_count(weight) / layer.channels),
      blocks_(blocks_in(element_count(weight) / layer.channels, block_)) {
  if (grid.per_block()) scales_ = rows_of_weight(Tensor::from<float>(shape_, grid.scale), axis_);
  else if (grid.per_channel()) scales_ = grid.scale;
  else scales_.assign(static_cast<std::size_t>(layer.channels), grid.scale[0]);
}

void GridOfRows::add_channel(std::size_t channel, RoundingProblem& problem) const {
  const auto from = scales_.begin() + static_cast<std::ptrdiff_t>(channel) * blocks_;
  problem.scales.insert(problem.scales.end(), from, from + blocks_);
  const std::size_t own = grid_.per_channel() ? channel : 0;  // blocks are symmetric: all have the codes of the first
  problem.ranges.push_back({grid_.code_min(own) - grid_.zero_point[own], grid_.code_max(own) - grid_.zero_point[own]});
}

Encoding GridOfRows::with(const std::vector<float>& scales) const {
  Encoding grid = grid_;
  if (grid.per_channel()) grid.scale = scales;
  if (grid.per_block()) grid.scale = to_floats(weight_of_rows(scales, shape_, axis_));
  return grid;
}

}  // namespace halftone
