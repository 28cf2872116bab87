// MatMul: numpy's matmul. Matrices in the last two axes, the axes before broadcast; a vector is a row (first) or a column
// (second) whose axis vanishes again. ONNX since 1.
#include "operators/broadcast.h"
#include "operators/operator.h"

namespace halftone {
namespace {

struct Product {
  Shape a, b;                  // at least rank 2
  Shape batch;                 // broadcast
  std::int64_t rows, inner, columns;
  Shape result;
};

Product product_of(const Call& call) {
  Product p;
  p.a = call.input(0).shape;
  p.b = call.input(1).shape;
  if (p.a.empty() || p.b.empty()) throw Error("a scalar cannot be multiplied as a matrix");
  const bool row = p.a.size() == 1, column = p.b.size() == 1;
  if (row) p.a.insert(p.a.begin(), 1);
  if (column) p.b.push_back(1);
  p.rows = p.a[p.a.size() - 2];
  p.inner = p.a.back();
  p.columns = p.b.back();
  if (p.b[p.b.size() - 2] != p.inner) throw Error("{} and {} do not multiply", to_string(call.input(0).shape), to_string(call.input(1).shape));
  p.batch = broadcast_shapes(Shape(p.a.begin(), p.a.end() - 2), Shape(p.b.begin(), p.b.end() - 2));
  p.result = p.batch;
  if (!row) p.result.push_back(p.rows);
  if (!column) p.result.push_back(p.columns);
  return p;
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 2, 2);
  require_float(call, 0);
  require_float(call, 1);
  return std::vector<TensorSpec>{{DataType::float32, product_of(call).result}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const Product p = product_of(call);
  const Shape batch_a(p.a.begin(), p.a.end() - 2), batch_b(p.b.begin(), p.b.end() - 2);
  std::span<const float> a = call.tensor(0).values<float>(), b = call.tensor(1).values<float>();
  std::span<float> out = outputs[0].mutable_values<float>();
  for (std::int64_t n = 0; n < element_count(p.batch); ++n) {
    const std::int64_t at_a = broadcast_offset(batch_a, p.batch, n) * p.rows * p.inner;
    const std::int64_t at_b = broadcast_offset(batch_b, p.batch, n) * p.inner * p.columns;
    for (std::int64_t i = 0; i < p.rows; ++i) {
      for (std::int64_t j = 0; j < p.columns; ++j) {
        double sum = 0;
        for (std::int64_t k = 0; k < p.inner; ++k) sum += static_cast<double>(a[at_a + i * p.inner + k]) * b[at_b + k * p.columns + j];
        out[(n * p.rows + i) * p.columns + j] = static_cast<float>(sum);
      }
    }
  }
}

int weight_axis(const Node&, const Shape& weight) { return static_cast<int>(weight.size()) - 1; }
constexpr LayerRole kLayer = {.data = 0, .weight = 1, .bias = 2, .weight_axis = weight_axis};

}  // namespace

extern const Operator kMatMul{.type = "MatMul", .since = 1, .shapes = shapes, .grid = GridRule::makes_new,
                              .reference = reference, .layer = &kLayer};

}  // namespace halftone
