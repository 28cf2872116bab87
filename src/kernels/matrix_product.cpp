#include "kernels/matrix_product.h"

#include <vector>

namespace halftone {

std::unique_ptr<Convolution> make_matrix_product(const ProductShape& s, const float* b, const float* bias, const Epilogue& epilogue) {
  ConvolutionShape picture;
  picture.in_channels = s.inner;
  picture.out_channels = s.columns;
  picture.in[1] = picture.out[1] = s.rows;
  if (s.transposed) return std::make_unique<Convolution>(picture, b, bias, epilogue);
  std::vector<float> transposed(static_cast<std::size_t>(s.inner * s.columns));
  for (std::int64_t k = 0; k < s.inner; ++k) {
    for (std::int64_t c = 0; c < s.columns; ++c) transposed[static_cast<std::size_t>(c * s.inner + k)] = b[k * s.columns + c];
  }
  return std::make_unique<Convolution>(picture, transposed.data(), bias, epilogue);
}

}  // namespace halftone
