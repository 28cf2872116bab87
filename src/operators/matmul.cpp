// MatMul: numpy's matmul (matrix_shapes.h). ONNX since 1.
#include <algorithm>

#include "operators/matrix_shapes.h"
#include "operators/operator.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 2, 2);
  require_float(call, 0);
  require_float(call, 1);
  return std::vector<TensorSpec>{{DataType::float32, matrix_shapes(call).result}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const MatrixShapes p = matrix_shapes(call);
  std::span<const float> a = call.tensor(0).values<float>(), b = call.tensor(1).values<float>();
  std::span<float> out = outputs[0].mutable_values<float>();
  std::vector<double> sums(static_cast<std::size_t>(p.columns));
  for (std::int64_t n = 0; n < element_count(p.batch); ++n) {
    const float *left = a.data() + p.offset_a(n), *right = b.data() + p.offset_b(n);
    for (std::int64_t i = 0; i < p.rows; ++i) {
      std::fill(sums.begin(), sums.end(), 0.0);
      for (std::int64_t k = 0; k < p.inner; ++k) {
        const double factor = left[i * p.inner + k];
        const float* row = right + k * p.columns;
        for (std::int64_t j = 0; j < p.columns; ++j) sums[static_cast<std::size_t>(j)] += factor * row[j];
      }
      std::transform(sums.begin(), sums.end(), out.begin() + (n * p.rows + i) * p.columns, [](double sum) { return static_cast<float>(sum); });
    }
  }
}

int weight_axis(const Node&, const Shape& weight) { return static_cast<int>(weight.size()) - 1; }
constexpr LayerRole kLayer = {.data = 0, .weight = 1, .bias = 2, .weight_axis = weight_axis};

}  // namespace

extern const Operator kMatMul{.type = "MatMul", .since = 1, .shapes = shapes, .grid = GridRule::makes_new,
                              .reference = reference, .layer = &kLayer};

}  // namespace halftone
