// The table of operators (all.cpp).
#pragma once

#include "operators/operator.h"

namespace halftone {

extern const Operator kAbs, kAcos, kAcosh, kAdd, kAnd, kAsin, kAsinh, kAtan, kAtanh, kAveragePool, kBatchNormalization,
    kBitShift, kBitwiseAnd, kBitwiseNot, kBitwiseOr, kBitwiseXor, kCast, kCastLike, kCeil, kCelu, kClip, kConcat, kConstant,
    kConstantOfShape, kConv, kCos, kCosh, kDequantizeLinear, kDiv, kDropout, kElu, kEqual, kErf, kExp, kExpand, kFlatten,
    kFloor, kGather, kGatherElements, kGatherND, kGelu, kGemm, kGlobalAveragePool, kGlobalMaxPool, kGreater, kGreaterOrEqual,
    kHardSigmoid, kHardSwish, kIdentity, kIsInf, kIsNaN, kLeakyRelu, kLess, kLessOrEqual, kLog, kMatMul, kMax, kMaxPool,
    kMean, kMin, kMish, kMod, kMul, kNeg, kNot, kOr, kPRelu, kPad, kPow, kQuantizeLinear, kRange, kReciprocal, kReduceMean,
    kRelu, kReshape, kRound, kScatterElements, kScatterND, kSelu, kShape, kShrink, kSigmoid, kSign, kSin, kSinh, kSize,
    kSlice, kSoftmax, kSoftplus, kSoftsign, kSplit, kSqrt, kSqueeze, kSub, kSum, kSwish, kTan, kTanh, kThresholdedRelu,
    kTile, kTranspose, kUnsqueeze, kWhere, kXor;

}  // namespace halftone
