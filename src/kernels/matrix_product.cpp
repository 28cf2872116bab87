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
  constexpr auto kFloat = memory::data_type::f32;
  const memory::desc source({rows, inner}, kFloat, Tag::ab), target({rows, columns}, kFloat, Tag::ab);
  const memory::desc plain_b({inner, columns}, kFloat, b_transposed ? Tag::ba : Tag::ab);
  const memory::desc any_b({inner, columns}, kFloat, Tag::any);
  const memory::desc bias_desc = bias != nullptr ? memory::desc({1, columns}, kFloat, Tag::ab) : memory::desc();
  const dnnl::primitive_attr attr = onednn::attributes(epilogue, target);
  const auto desc = bias != nullptr ? dnnl::matmul::primitive_desc(onednn::cpu(), source, any_b, bias_desc, target, attr)
                                    : dnnl::matmul::primitive_desc(onednn::cpu(), source, any_b, target, attr);
  state_ = std::make_unique<State>(State{onednn::FusedPrimitive::make<dnnl::matmul>(desc, plain_b, b, bias, epilogue)});
}

MatrixProduct::~MatrixProduct() = default;

void MatrixProduct::run(const float* a, const float* addend, float* out, void* scratch) const {
  state_->primitive.run(a, addend, out, scratch);
}

std::size_t MatrixProduct::scratch_bytes() const { return state_->primitive.scratch_bytes(); }
std::string MatrixProduct::implementation() const { return state_->primitive.implementation(); }

}  // namespace halftone
