// The table of operators (all.cpp).
#pragma once

#include "operators/operator.h"

namespace halftone {

extern const Operator kAbs, kAcos, kAcosh, kAdd, kAnd, kArgMax, kArgMin, kAsin, kAsinh, kAtan, kAtanh, kAveragePool,
    kBatchNormalization, kBitShift, kBitwiseAnd, kBitwiseNot, kBitwiseOr, kBitwiseXor, kCast, kCastLike, kCeil, kCelu, kClip,
    kConcat, kConstant, kConstantOfShape, kConv, kCos, kCosh, kDequantizeLinear, kDiv, kDropout, kElu, kEqual, kErf, kExp,
    kExpand, kFlatten, kFloor, kGather, kGatherElements, kGatherND, kGelu, kGemm, kGlobalAveragePool, kGlobalMaxPool,
    kGreater, kGreaterOrEqual, kGroupNormalization, kHardSigmoid, kHardSwish, kHardmax, kIdentity, kInstanceNormalization,
    kIsInf, kIsNaN, kLRN, kLayerNormalization, kLeakyRelu, kLess, kLessOrEqual, kLog, kLogSoftmax, kLpNormalization, kMatMul,
    kMax, kMaxPool, kMean, kMeanVarianceNormalization, kMin, kMish, kMod, kMul, kNeg, kNot, kOr, kPRelu, kPad, kPow,
    kQuantizeLinear, kRMSNormalization, kRange, kReciprocal, kReduceL1, kReduceL2, kReduceLogSum, kReduceLogSumExp,
    kReduceMax, kReduceMean, kReduceMin, kReduceProd, kReduceSum, kReduceSumSquare, kRelu, kReshape, kRound,
    kScatterElements, kScatterND, kSelu, kShape, kShrink, kSigmoid, kSign, kSin, kSinh, kSize, kSlice, kSoftmax, kSoftplus,
    kSoftsign, kSplit, kSqrt, kSqueeze, kSub, kSum, kSwish, kTan, kTanh, kThresholdedRelu, kTile, kTopK, kTranspose,
    kUnsqueeze, kWhere, kXor;

}  // namespace halftone
