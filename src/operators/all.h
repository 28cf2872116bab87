// The table of operators (all.cpp).
#pragma once

#include "operators/operator.h"

namespace halftone {

extern const Operator kAbs, kAcos, kAcosh, kAdd, kAnd, kArgMax, kArgMin, kAsin, kAsinh, kAtan, kAtanh, kAttention,
    kAveragePool, kBatchNormalization, kBitCast, kBitShift, kBitwiseAnd, kBitwiseNot, kBitwiseOr, kBitwiseXor, kCast,
    kCastLike, kCausalConvWithState, kCeil, kCelu, kClip, kCompress, kConcat, kConstant, kConstantOfShape, kConv,
    kConvTranspose, kCos, kCosh, kCumProd, kCumSum, kDepthToSpace, kDequantizeLinear, kDiv, kDropout, kDynamicQuantizeLinear,
    kEinsum, kElu, kEqual, kErf, kExp, kExpand, kEyeLike, kFlatten, kFlexAttention, kFloor, kGRU, kGather, kGatherElements,
    kGatherND, kGelu, kGemm, kGlobalAveragePool, kGlobalLpPool, kGlobalMaxPool, kGreater, kGreaterOrEqual, kGridSample,
    kGroupNormalization, kHardSigmoid, kHardSwish, kHardmax, kIdentity, kIf, kInstanceNormalization, kIsInf, kIsNaN, kLRN,
    kLSTM, kLayerNormalization, kLeakyRelu, kLess, kLessOrEqual, kLinearAttention, kLog, kLogSoftmax, kLoop, kLpNormalization,
    kLpPool, kMatMul, kMax, kMaxPool, kMean, kMeanVarianceNormalization, kMin, kMish, kMod, kMul, kNeg, kNonMaxSuppression,
    kNonZero, kNot, kOneHot, kOr, kPRelu, kPad, kPow, kQuantizeLinear, kRMSNormalization, kRNN, kRange, kReciprocal, kReduceL1,
    kReduceL2, kReduceLogSum, kReduceLogSumExp, kReduceMax, kReduceMean, kReduceMin, kReduceProd, kReduceSum, kReduceSumSquare,
    kRelu, kReshape, kResize, kReverseSequence, kRotaryEmbedding, kRound, kScaler, kScan, kScatterElements, kScatterND, kSelu,
    kShape, kShrink, kSigmoid, kSign, kSin, kSinh, kSize, kSlice, kSoftmax, kSoftplus, kSoftsign, kSpaceToDepth, kSplit, kSqrt,
    kSqueeze, kSub, kSum, kSwish, kTan, kTanh, kThresholdedRelu, kTile, kTopK, kTranspose, kTrilu, kUnsqueeze, kUpsample,
    kWhere, kXor;

}  // namespace halftone
