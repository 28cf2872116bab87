// Range estimators: statistics of a value -> the real range that its grid covers (METHODS 3.1; Nagel et al. 2021, 3.1).
#pragma once

#include <string>
#include <vector>

#include "ranges/value_statistics.h"

namespace halftone {

enum class RangeMethod { mse, minmax, mean_minmax, percentile, kl };

// "mse", "minmax", "mean-minmax", "percentile", "kl"; throws UsageError for another.
RangeMethod range_method(const std::string& name);

struct EstimatorOptions {
  RangeMethod method = RangeMethod::mse;
  double percentile = 99.999;   // per cent, of each end
  bool keep_max = false;        // the upper end is not clipped: scores whose largest must stay apart
};

// The range for a grid like `grid` (bits, signedness, symmetry). Contains 0; [c, c] for a constant.
//   minmax       of all values          mean_minmax  mean over samples of each sample's extremes
//   percentile   p and 1 - p, each end  mse          argmin sum (x - x_hat)^2, both ends independent, coarse to fine,
//                over the values that were seen and those expected beyond (expected_bins)
//   kl           the clipping with the least KL(values || quantized values), as TensorRT's calibration does
Range estimate_range(const ValueStatistics& statistics, const Encoding& grid, const EstimatorOptions& options);

// sum over the bins of count (x - x_hat)^2 on a grid with one scale.
double grid_error(const std::vector<Histogram::Bin>& bins, const Encoding& grid);

// Sets channel `channel` of a weight's grid to the range with the least squared error of the layer's sums for inputs that
// are independent rectified normals: with d = w - w_hat,  E (sum d x)^2 ~ sum d^2 + (sum d)^2 / (pi - 1).
// The second term is the shift of the output's mean, which plain sum d^2 does not see (docs/decisions/0004).
// Candidates are fractions of min-max (of max|w| where the grid is symmetric) from 0.3 to 1, coarse to fine.
void set_mse_weight_range(Encoding& grid, std::size_t channel, const std::vector<float>& values);

}  // namespace halftone
