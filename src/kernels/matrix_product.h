// Matrix product [rows, inner] x [inner, columns] of float32 on oneDNN, with its epilogue fused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "kernels/epilogue.h"

namespace halftone {

class MatrixProduct {
 public:
  // b: [inner, columns], or [columns, inner] when b_transposed; copied. bias: [columns] or null.
  MatrixProduct(std::int64_t rows, std::int64_t inner, std::int64_t columns, const float* b, bool b_transposed,
                const float* bias, const Epilogue& epilogue);
  ~MatrixProduct();

  // a [rows, inner], out [rows, columns], addend like out (with Epilogue::add).
  void run(const float* a, const float* addend, float* out, void* scratch) const;

  std::size_t scratch_bytes() const;
  std::string implementation() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace halftone
