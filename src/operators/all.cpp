// Every operator that halftone knows: one line each.
#include "operators/all.h"

namespace halftone {

std::span<const Operator* const> all_operators() {
  static constexpr const Operator* kAll[] = {
      &kAdd,
      &kAveragePool,
      &kBatchNormalization,
      &kClip,
      &kConcat,
      &kConstant,
      &kConv,
      &kDequantizeLinear,
      &kDropout,
      &kFlatten,
      &kGemm,
      &kGlobalAveragePool,
      &kGlobalMaxPool,
      &kIdentity,
      &kMatMul,
      &kMaxPool,
      &kPad,
      &kQuantizeLinear,
      &kReduceMean,
      &kRelu,
      &kReshape,
      &kSlice,
      &kSoftmax,
      &kSqueeze,
      &kTranspose,
      &kUnsqueeze,
  };
  return kAll;
}

}  // namespace halftone
