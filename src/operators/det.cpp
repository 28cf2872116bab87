// Det: determinants of [..., M, M], by elimination with the largest pivot. ONNX since 11.
#include <cmath>
#include <utility>

#include "operators/operator.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 1, 1);
  require_float(call, 0);
  const Shape& x = call.input(0).shape;
  if (x.size() < 2 || x[x.size() - 1] != x[x.size() - 2]) throw Error("its input {} holds no square matrices", to_string(x));
  return std::vector<TensorSpec>{{call.input(0).type, {x.begin(), x.end() - 2}}};
}

// Of a [size, size] matrix, which it changes.
double determinant(std::vector<double>& matrix, std::size_t size) {
  double product = 1;
  for (std::size_t column = 0; column < size; ++column) {
    std::size_t pivot = column;
    for (std::size_t row = column + 1; row < size; ++row) {
      if (std::fabs(matrix[row * size + column]) > std::fabs(matrix[pivot * size + column])) pivot = row;
    }
    if (pivot != column) {
      product = -product;
      for (std::size_t c = 0; c < size; ++c) std::swap(matrix[pivot * size + c], matrix[column * size + c]);
    }
    const double on_diagonal = matrix[column * size + column];
    product *= on_diagonal;
    if (on_diagonal == 0) return 0;
    for (std::size_t row = column + 1; row < size; ++row) {
      const double factor = matrix[row * size + column] / on_diagonal;
      for (std::size_t c = column; c < size; ++c) matrix[row * size + c] -= factor * matrix[column * size + c];
    }
  }
  return product;
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const auto size = static_cast<std::size_t>(call.input(0).shape.back());
  const float* x = call.tensor(0).values<float>().data();
  std::vector<double> matrix(size * size);
  for (float& y : outputs[0].mutable_values<float>()) {
    matrix.assign(x, x + size * size);
    y = static_cast<float>(determinant(matrix, size));
    x += size * size;
  }
}

}  // namespace

extern const Operator kDet{.type = "Det", .since = 11, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference};

}  // namespace halftone
