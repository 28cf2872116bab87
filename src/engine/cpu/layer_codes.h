// A quantized layer as numbers: weight codes, int32 bias, multipliers; what it takes to compute it on codes in float32.
#pragma once

#include <vector>

#include "engine/cpu/fusion.h"
#include "kernels/epilogue.h"
#include "operators/layer.h"

namespace halftone::cpu {

struct LayerCodes {
  // w_int - z_w in float32, in the weight's shape. More than one part: a layer whose sums could reach 2^24 is split over
  // its input channels into parts whose sums cannot; the parts add up to the whole.
  std::vector<Tensor> parts;
  std::vector<float> bias;        // int32 codes in float32 ([channels], or empty); exact below 2^24 (checked), else see wide_bias
  std::vector<double> wide_bias;  // the same in float64, for layers in parts
  Epilogue epilogue;              // multiplier s_x s_w[c] / s_y (float32, in this order), rounding, clamp; or s_x s_w[c] to real
};

// `out`: the grid of the tail's output, or null (real output).
LayerCodes make_layer_codes(const PlanBuilder& plan, const Layer& layer, const Tail& tail);

}  // namespace halftone::cpu
