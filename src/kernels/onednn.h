// What the oneDNN wrappers share. Internal to kernels/.
#pragma once

#include <oneapi/dnnl/dnnl.hpp>
#include <string>
#include <unordered_map>

#include "kernels/epilogue.h"

namespace halftone::onednn {

const dnnl::engine& cpu();
dnnl::stream& stream();

// Attributes for an epilogue on an output with the channels on axis 1; scratch memory is ours. The addend, then the
// multiplier, are the post-ops' arguments in that order.
dnnl::primitive_attr attributes(const Epilogue& epilogue, const dnnl::memory::desc& out);

// A primitive source x weights (+ bias) -> target with its arguments bound; runs without allocating.
class FusedPrimitive {
 public:
  // `desc`: of a convolution made with attributes(epilogue, target). weights and bias are plain and copied; the
  // weights are reordered to what the primitive wants. bias may be null.
  template <typename Primitive>
  static FusedPrimitive make(const typename Primitive::primitive_desc& desc, const dnnl::memory::desc& plain_weights,
                             const float* weights, const float* bias, const Epilogue& epilogue) {
    FusedPrimitive fused;
    fused.primitive_ = Primitive(desc);
    fused.implementation_ = desc.impl_info_str();
    fused.bind(desc.src_desc(), desc.dst_desc(), desc.scratchpad_desc());
    fused.bind_weights(plain_weights, weights, desc.weights_desc());
    if (bias != nullptr) fused.bind_bias(desc.query_md(dnnl::query::weights_md, 1), bias);
    fused.bind_post_ops(desc.dst_desc(), epilogue);
    return fused;
  }

  void run(const float* in, const float* addend, float* out, void* scratch);
  std::size_t scratch_bytes() const { return scratch_.get_desc().get_size(); }
  const std::string& implementation() const { return implementation_; }

 private:
  void bind(const dnnl::memory::desc& source, const dnnl::memory::desc& target, const dnnl::memory::desc& scratch);
  void bind_weights(const dnnl::memory::desc& plain, const float* weights, const dnnl::memory::desc& wanted);
  void bind_bias(const dnnl::memory::desc& desc, const float* bias);
  void bind_post_ops(const dnnl::memory::desc& target, const Epilogue& epilogue);

  dnnl::primitive primitive_;
  std::string implementation_;
  std::unordered_map<int, dnnl::memory> arguments_;
  dnnl::memory source_, target_, addend_, scratch_;
};

}  // namespace halftone::onednn
