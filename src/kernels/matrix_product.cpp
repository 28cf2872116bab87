#include "kernels/matrix_product.h"

#include "kernels/onednn.h"

namespace halftone {

using dnnl::memory;
using Tag = memory::format_tag;

struct MatrixProduct::State {
  onednn::FusedPrimitive primitive;
};

MatrixProduct::MatrixProduct(std::int64_t rows, std::int64_t inner, std::int64_t columns, const float* b, bool b_transposed,
                             const float* bias, const Epilogue& epilogue) {
  // As a 1x1 convolution over a picture of 1 x rows pixels: oneDNN's matmul cuts a long `inner` into a part for each
  // thread and adds them up, so that its bytes depend on the number of threads; its convolutions never do that.
  constexpr auto kFloat = memory::data_type::f32;
  const memory::desc source({1, inner, 1, rows}, kFloat, Tag::nhwc), target({1, columns, 1, rows}, kFloat, Tag::nhwc);
  const memory::dims b_dims = {columns, inner, 1, 1};
  const memory::desc plain_b(b_dims, kFloat, b_transposed ? Tag::oihw : Tag::iohw), any_b(b_dims, kFloat, Tag::any);
  const memory::desc bias_desc = bias != nullptr ? memory::desc({columns}, kFloat, Tag::a) : memory::desc();
  const memory::dims one = {1, 1}, none = {0, 0};
  const dnnl::convolution_forward::primitive_desc desc(
      onednn::cpu(), dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, source, any_b, bias_desc, target, one,
      none, none, onednn::attributes(epilogue, target));
  state_ = std::make_unique<State>(State{onednn::FusedPrimitive::make<dnnl::convolution_forward>(desc, plain_b, b, bias, epilogue)});
}

MatrixProduct::~MatrixProduct() = default;

void MatrixProduct::run(const float* a, const float* addend, float* out, void* scratch) const {
  state_->primitive.run(a, addend, out, scratch);
}

std::size_t MatrixProduct::scratch_bytes() const { return state_->primitive.scratch_bytes(); }
std::string MatrixProduct::implementation() const { return state_->primitive.implementation(); }

}  // namespace halftone
