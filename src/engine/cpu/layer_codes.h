// A quantized layer as numbers: weight codes, int32 bias, multipliers; what it takes to compute it on codes in float32.
#pragma once

#include <vector>

#include "engine/cpu/fusion.h"
#include "kernels/epilogue.h"
#include "operators/layer.h"

namespace halftone::cpu {

// Which bytes of the data's codes a part reads (NUMERICS.md, layers in parts).
enum class DataPiece { whole, low, high };

// Weights whose sums over that piece of the data are exact in float32.
struct LayerPart {
  Tensor weights;            // in the weight's shape
  DataPiece data = DataPiece::whole;
  double factor = 1;         // of its sums in the layer's
};

struct LayerCodes {
  // w_int - z_w in float32. A layer whose sums (with the bias) could reach 2^24 comes in parts whose own sums cannot; times
  // their factors they add up to the whole.
  std::vector<LayerPart> parts;
  bool one_sum = false;      // one part, whose sum plus bias is exact in float32; otherwise parts and bias meet in float64
  std::vector<double> bias;  // int32 codes ([channels], or empty)
  Epilogue epilogue;         // multiplier s_x s_w[c] / s_y (float32, in this order), rounding, clamp; or s_x s_w[c] to real

  bool splits_data() const { return parts.front().data != DataPiece::whole; }
};

// `out`: the grid of the tail's output, or null (real output).
LayerCodes make_layer_codes(const PlanBuilder& plan, const Layer& layer, const Tail& tail);

}  // namespace halftone::cpu
