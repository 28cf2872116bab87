// The table of operators (all.cpp).
#pragma once

#include "operators/operator.h"

namespace halftone {

extern const Operator kAbs, kAcos, kAcosh, kAdd, kAnd, kArgMax, kArgMin, kAsin, kAsinh, kAtan, kAtanh, kAveragePool,
    kBatchNormalization, kBitShift, kBitwiseAnd, kBitwiseNot, kBitwiseOr, kBitwiseXor, kCast, kCastLike, kCeil, kCelu, kClip,
    kCompress, kConcat, kConstant, kConstantOfShape, kConv, kConvTranspose, kCos, kCosh, kCumProd, kCumSum, kDepthToSpace,
    kDequantizeLinear, kDiv, kDropout, kDynamicQuantizeLinear, kElu, kEqual, kErf, kExp, kExpand, kEyeLike, kFlatten, kFloor,
    kGRU, kGather, kGatherElements, kGatherND, kGelu, kGemm, kGlobalAveragePool, kGlobalLpPool, kGlobalMaxPool, kGreater,
    kGreaterOrEqual, kGroupNormalization, kHardSigmoid, kHardSwish, kHardmax, kIdentity, kIf, kInstanceNormalization, kIsInf,
    kIsNaN, kLRN, kLSTM, kLayerNormalization, kLeakyRelu, kLess, kLessOrEqual, kLog, kLogSoftmax, kLoop, kLpNormalization,
    kLpPool, kMatMul, kMax, kMaxPool, kMean, kMeanVarianceNormalization, kMin, kMish, kMod, kMul, kNeg, kNonZero, kNot,
    kOneHot, kOr, kPRelu, kPad, kPow, kQuantizeLinear, kRMSNormalization, kRNN, kRange, kReciprocal, kReduceL1, kReduceL2,
    kReduceLogSum, kReduceLogSumExp, kReduceMax, kReduceMean, kReduceMin, kReduceProd, kReduceSum, kReduceSumSquare, kRelu,
    kReshape, kResize, kReverseSequence, kRound, kScaler, kScatterElements, kScatterND, kSelu, kShape, kShrink, kSigmoid,
    kSign, kSin, kSinh, kSize, kSlice, kSoftmax, kSoftplus, kSoftsign, kSpaceToDepth, kSplit, kSqrt, kSqueeze, kSub, kSum,
    kSwish, kTan, kTanh, kThresholdedRelu, kTile, kTopK, kTranspose, kTrilu, kUnsqueeze, kUpsample, kWhere, kXor;

}  // namespace halftone
