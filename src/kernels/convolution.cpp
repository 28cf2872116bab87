#include "kernels/convolution.h"

#include "kernels/onednn.h"

namespace halftone {

using dnnl::memory;
using Tag = memory::format_tag;

struct Convolution::State {
  onednn::FusedPrimitive primitive;
};

namespace {

constexpr auto kFloat = memory::data_type::f32;

memory::desc weight_desc(const ConvolutionShape& s, bool plain) {
  if (s.groups == 1) return {{s.out_channels, s.in_channels, s.kernel[0], s.kernel[1]}, kFloat, plain ? Tag::oihw : Tag::any};
  return {{s.groups, s.out_channels / s.groups, s.in_channels / s.groups, s.kernel[0], s.kernel[1]}, kFloat, plain ? Tag::goihw : Tag::any};
}

// Pictures channels-last and weights in any layout: plain weights would fall to a reference kernel.
dnnl::convolution_forward::primitive_desc describe(const ConvolutionShape& s, bool with_bias, const Epilogue& epilogue) {
  const memory::desc source({s.batch, s.in_channels, s.in[0], s.in[1]}, kFloat, Tag::nhwc);
  const memory::desc target({s.batch, s.out_channels, s.out[0], s.out[1]}, kFloat, Tag::nhwc);
  const memory::desc bias = with_bias ? memory::desc({s.out_channels}, kFloat, Tag::a) : memory::desc();
  const memory::dims strides = {s.stride[0], s.stride[1]}, dilations = {s.dilation[0] - 1, s.dilation[1] - 1};
  const memory::dims begin = {s.pad_begin[0], s.pad_begin[1]}, end = {s.pad_end[0], s.pad_end[1]};
  return {onednn::cpu(), dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, source, weight_desc(s, false), bias, target,
          strides, dilations, begin, end, onednn::attributes(epilogue, target)};
}

}  // namespace

Convolution::Convolution(const ConvolutionShape& s, const float* weight, const float* bias, const Epilogue& epilogue) {
  const auto desc = describe(s, bias != nullptr, epilogue);
  state_ = std::make_unique<State>(State{
      onednn::FusedPrimitive::make<dnnl::convolution_forward>(desc, weight_desc(s, true), weight, bias, epilogue)});
}

bool Convolution::is_fast(const ConvolutionShape& shape, const Epilogue& epilogue) {
  return std::string_view(describe(shape, true, epilogue).impl_info_str()).find("ref") == std::string_view::npos;
}

Convolution::~Convolution() = default;

void Convolution::run(const float* in, const float* addend, float* out, void* scratch) const {
  state_->primitive.run(in, addend, out, scratch);
}

std::size_t Convolution::scratch_bytes() const { return state_->primitive.scratch_bytes(); }
std::string Convolution::implementation() const { return state_->primitive.implementation(); }

}  // namespace halftone
