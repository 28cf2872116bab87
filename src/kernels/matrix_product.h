// Matrix product [rows, inner] x [inner, columns] of float32 with its epilogue fused.
//
// A 1x1 Convolution over a picture of 1 x rows pixels: oneDNN's matmul cuts a long inner axis into a part for each thread
// and adds them up, so its bytes would depend on the number of threads; its convolutions never do that.
#pragma once

#include <memory>

#include "kernels/convolution.h"

namespace halftone {

struct ProductShape {
  std::int64_t rows = 1, inner = 1, columns = 1;
  bool transposed = false;  // b is [columns, inner] instead of [inner, columns]
};

// b and bias ([columns], or null) are copied. run(): in [rows, inner], out and addend [rows, columns].
std::unique_ptr<Convolution> make_matrix_product(const ProductShape& shape, const float* b, const float* bias, const Epilogue& epilogue);

}  // namespace halftone
