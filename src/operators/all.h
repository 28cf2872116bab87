// The table of operators (all.cpp).
#pragma once

#include "operators/operator.h"

namespace halftone {

extern const Operator kAdd, kAveragePool, kBatchNormalization, kClip, kConcat, kConstant, kConv, kDequantizeLinear, kDropout,
    kFlatten, kGemm, kGlobalAveragePool, kGlobalMaxPool, kIdentity, kMatMul, kMaxPool, kPad, kQuantizeLinear, kReduceMean,
    kRelu, kReshape, kSlice, kSoftmax, kSqueeze, kTranspose, kUnsqueeze;

}  // namespace halftone
