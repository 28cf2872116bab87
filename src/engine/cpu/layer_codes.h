// A quantized layer as numbers: weight codes, int32 bias, multipliers; what it takes to compute it on codes in float32.
#pragma once

#include <vector>

#include "engine/cpu/fusion.h"
#include "kernels/epilogue.h"
#include "operators/layer.h"

namespace halftone::cpu {

struct LayerCodes {
  // w_int - z_w in float32, in the weight's shape. A layer whose sums (with the bias) could reach 2^24 comes in parts:
  // weights with zeros outside a run of the sum's positions, whose own sums cannot; they add up to the whole.
  std::vector<Tensor> parts;
  bool one_sum = false;      // one part, whose sum plus bias is exact in float32; otherwise parts and bias meet in float64
  std::vector<double> bias;  // int32 codes ([channels], or empty)
  Epilogue epilogue;              // multiplier s_x s_w[c] / s_y (float32, in this order), rounding, clamp; or s_x s_w[c] to real
};

// `out`: the grid of the tail's output, or null (real output).
LayerCodes make_layer_codes(const PlanBuilder& plan, const Layer& layer, const Tail& tail);

}  // namespace halftone::cpu
