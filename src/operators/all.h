// The table of operators (all.cpp).
#pragma once

#include "operators/operator.h"

namespace halftone {

extern const Operator kAbs, kAcos, kAcosh, kAdd, kAffineGrid, kAnd, kArgMax, kArgMin, kArrayFeatureExtractor, kAsin, kAsinh,
    kAtan, kAtanh, kAttention, kAveragePool, kBatchNormalization, kBinarizer, kBitCast, kBitShift, kBitwiseAnd, kBitwiseNot,
    kBitwiseOr, kBitwiseXor, kBlackmanWindow, kCast, kCastLike, kCausalConvWithState, kCeil, kCelu, kCenterCropPad, kClip,
    kCol2Im, kCompress, kConcat, kConstant, kConstantOfShape, kConv, kConvInteger, kConvTranspose, kCos, kCosh, kCumProd, kCumSum, kDFT,
    kDeformConv, kDepthToSpace, kDequantizeLinear, kDet, kDiv, kDropout, kDynamicQuantizeLSTM, kDynamicQuantizeLinear, kEinsum, kElu, kEqual, kErf,
    kExp, kExpand, kEyeLike, kFlatten, kFlexAttention, kFloor, kGRU, kGather, kGatherElements, kGatherND, kGelu, kGemm,
    kGlobalAveragePool, kGlobalLpPool, kGlobalMaxPool, kGreater, kGreaterOrEqual, kGridSample, kGroupNormalization,
    kHammingWindow, kHannWindow, kHardSigmoid, kHardSwish, kHardmax, kIdentity, kIf, kInstanceNormalization, kIsInf, kIsNaN,
    kLRN, kLSTM, kLayerNormalization, kLeakyRelu, kLess, kLessOrEqual, kLinearAttention, kLog, kLogSoftmax, kLoop,
    kLpNormalization, kLpPool, kMatMul, kMatMulInteger, kMax, kMaxPool, kMaxRoiPool, kMaxUnpool, kMean, kMeanVarianceNormalization,
    kMelWeightMatrix, kMin, kMish, kMod, kMul, kNeg, kNegativeLogLikelihoodLoss, kNonMaxSuppression, kNonZero, kNot, kOneHot,
    kOptionalGetElement, kOptionalHasElement, kOr, kPRelu, kPad, kPow, kQuantizeLinear, kRMSNormalization, kRNN, kRange,
    kReciprocal, kReduceL1, kReduceL2, kReduceLogSum, kReduceLogSumExp, kReduceMax, kReduceMean, kReduceMin, kReduceProd,
    kReduceSum, kReduceSumSquare, kRelu, kReshape, kResize, kReverseSequence, kRoiAlign, kRotaryEmbedding, kRound, kSTFT,
    kScaler, kScan, kScatter, kScatterElements, kScatterND, kSelu, kShape, kShrink, kSigmoid, kSign, kSin, kSinh, kSize,
    kSlice, kSoftmax, kSoftmaxCrossEntropyLoss, kSoftplus, kSoftsign, kSpaceToDepth, kSplit, kSqrt, kSqueeze, kSub, kSum,
    kSwiGLU, kSwish, kTan, kTanh, kTensorScatter, kThresholdedRelu, kTile, kTopK, kTranspose, kTreeEnsembleClassifier, kTreeEnsembleRegressor, kTrilu, kUnique, kUnsqueeze,
    kUpsample, kWhere, kXor;

}  // namespace halftone
