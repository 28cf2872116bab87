// MatMulInteger: a matrix product of codes without their zero_points, exact in int32. ONNX since 10.
//
// A [..., rows, inner] and B [..., inner, columns] of 8 bits; a_zero_point: one, or one a row; b_zero_point: one, or one a column.
#include "operators/matrix_shapes.h"
#include "operators/operator.h"

namespace halftone {
namespace {

// [1], [size] or [..., size, 1] / [..., 1, size].
void require_zero_points(const Call& call, std::size_t i, std::int64_t size, const char* what) {
  const std::int64_t count = call.has(i) ? element_count(call.input(i).shape) : 1;
  if (count != 1 && count != size) throw Error("its {} has {} numbers; one or {} are needed", what, count, size);
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 2, 4);
  const MatrixShapes p = matrix_shapes(call);
  require_zero_points(call, 2, p.rows, "a_zero_point");
  require_zero_points(call, 3, p.columns, "b_zero_point");
  return std::vector<TensorSpec>{{DataType::int32, p.result}};
}

std::vector<std::int64_t> zero_points(const Call& call, std::size_t i, std::int64_t size) {
  std::vector<std::int64_t> zeros = call.has(i) ? to_int64s(call.tensor(i)) : std::vector<std::int64_t>{0};
  if (zeros.size() == 1) zeros.assign(static_cast<std::size_t>(size), zeros[0]);
  return zeros;
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const MatrixShapes p = matrix_shapes(call);
  const std::vector<std::int64_t> a = to_int64s(call.tensor(0)), b = to_int64s(call.tensor(1));
  const std::vector<std::int64_t> zeros_a = zero_points(call, 2, p.rows), zeros_b = zero_points(call, 3, p.columns);
  std::span<std::int32_t> out = outputs[0].mutable_values<std::int32_t>();
  std::vector<std::int64_t> sums(static_cast<std::size_t>(p.columns));
  for (std::int64_t n = 0; n < element_count(p.batch); ++n) {
    const std::int64_t *matrix_a = a.data() + p.offset_a(n), *matrix_b = b.data() + p.offset_b(n);
    for (std::int64_t i = 0; i < p.rows; ++i) {
      std::fill(sums.begin(), sums.end(), 0);
      for (std::int64_t k = 0; k < p.inner; ++k) {
        const std::int64_t left = matrix_a[i * p.inner + k] - zeros_a[static_cast<std::size_t>(i)];
        for (std::int64_t j = 0; j < p.columns; ++j) sums[static_cast<std::size_t>(j)] += left * (matrix_b[k * p.columns + j] - zeros_b[static_cast<std::size_t>(j)]);
      }
      for (std::int64_t j = 0; j < p.columns; ++j) out[static_cast<std::size_t>((n * p.rows + i) * p.columns + j)] = static_cast<std::int32_t>(sums[static_cast<std::size_t>(j)]);
    }
  }
}

std::vector<DataType> types(const Node&, const std::vector<DataType>&) { return {DataType::int32}; }

}  // namespace

extern const Operator kMatMulInteger{.type = "MatMulInteger", .since = 10, .shapes = shapes, .grid = GridRule::none, .reference = reference, .types = types};

}  // namespace halftone
