// The clipping range with the least loss of information: TensorRT's entropy calibration on a signed histogram.
#pragma once

#include "ranges/histogram.h"

namespace halftone {

// For every threshold t from `levels` bins up to the largest magnitude: P, the histogram clipped to [-t, t] with the
// outliers added to its last bins; Q, P's bins merged to the grid's levels and spread back over the bins that hold
// something. Returns [max(min, -t), min(max, t)] with the least KL(P || Q). Throws UsageError when the histogram has fewer
// bins than the search needs.
// Source: Migacz, 8-bit inference with TensorRT, 2017.
Range kl_range(const Histogram& histogram, const Encoding& grid);

}  // namespace halftone
