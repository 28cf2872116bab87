#include "kernels/convolution.h"

#include "kernels/onednn.h"

namespace halftone {

using dnnl::memory;
using Tag = memory::format_tag;

struct Convolution::State {
  onednn::FusedPrimitive primitive;
};

Convolution::Convolution(const ConvolutionShape& s, const float* weight, const float* bias, const Epilogue& epilogue) {
  constexpr auto kFloat = memory::data_type::f32;
  const memory::desc source({s.batch, s.in_channels, s.in[0], s.in[1]}, kFloat, Tag::nhwc);
  const memory::desc target({s.batch, s.out_channels, s.out[0], s.out[1]}, kFloat, Tag::nhwc);
  const bool grouped = s.groups > 1;
  memory::dims weight_dims = {s.out_channels, s.in_channels / s.groups, s.kernel[0], s.kernel[1]};
  if (grouped) weight_dims = {s.groups, s.out_channels / s.groups, s.in_channels / s.groups, s.kernel[0], s.kernel[1]};
  const memory::desc plain_weight(weight_dims, kFloat, grouped ? Tag::goihw : Tag::oihw);
  const memory::desc any_weight(weight_dims, kFloat, Tag::any);
  const memory::desc bias_desc = bias != nullptr ? memory::desc({s.out_channels}, kFloat, Tag::a) : memory::desc();
  const dnnl::convolution_forward::primitive_desc desc(
      onednn::cpu(), dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, source, any_weight, bias_desc,
      target, {s.stride[0], s.stride[1]}, {s.dilation[0] - 1, s.dilation[1] - 1}, {s.pad_begin[0], s.pad_begin[1]},
      {s.pad_end[0], s.pad_end[1]}, onednn::attributes(epilogue, target));
  state_ = std::make_unique<State>(State{onednn::FusedPrimitive::make<dnnl::convolution_forward>(desc, plain_weight, weight, bias, epilogue)});
}

Convolution::~Convolution() = default;

void Convolution::run(const float* in, const float* addend, float* out, void* scratch) const {
  state_->primitive.run(in, addend, out, scratch);
}

std::size_t Convolution::scratch_bytes() const { return state_->primitive.scratch_bytes(); }
std::string Convolution::implementation() const { return state_->primitive.implementation(); }

}  // namespace halftone
