// Gemm: Y = alpha A' B' + beta C, A' [M, K] and B' [K, N] after transA and transB; C broadcasts to [M, N]. ONNX since 7
// (C optional since 11).
#include "operators/broadcast.h"
#include "operators/operator.h"

namespace halftone {
namespace {

struct Sizes {
  std::int64_t rows, inner, columns;
};

Sizes sizes(const Call& call) {
  const Shape &a = call.input(0).shape, &b = call.input(1).shape;
  if (a.size() != 2 || b.size() != 2) throw Error("its inputs {} and {} must be matrices", to_string(a), to_string(b));
  const bool ta = call.attributes().integer("transA", 0) != 0, tb = call.attributes().integer("transB", 0) != 0;
  const Sizes s{a[ta ? 1 : 0], a[ta ? 0 : 1], b[tb ? 0 : 1]};
  if (b[tb ? 1 : 0] != s.inner) throw Error("{} and {} do not multiply: {} against {}", to_string(a), to_string(b), s.inner, b[tb ? 1 : 0]);
  return s;
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 2, 3);
  for (std::size_t i = 0; i < 3; ++i) require_float(call, i);
  const Sizes s = sizes(call);
  const Shape y = {s.rows, s.columns};
  if (call.has(2) && broadcast_shapes(call.input(2).shape, y) != y) {
    throw Error("C {} does not broadcast to {}", to_string(call.input(2).shape), to_string(y));
  }
  return std::vector<TensorSpec>{{DataType::float32, y}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const Sizes s = sizes(call);
  const bool ta = call.attributes().integer("transA", 0) != 0, tb = call.attributes().integer("transB", 0) != 0;
  const double alpha = call.attributes().real("alpha", 1), beta = call.attributes().real("beta", 1);
  std::span<const float> a = call.tensor(0).values<float>(), b = call.tensor(1).values<float>();
  std::span<float> out = outputs[0].mutable_values<float>();
  for (std::int64_t i = 0; i < s.rows; ++i) {
    for (std::int64_t j = 0; j < s.columns; ++j) {
      double sum = 0;
      for (std::int64_t k = 0; k < s.inner; ++k) {
        sum += static_cast<double>(a[ta ? k * s.rows + i : i * s.inner + k]) * b[tb ? j * s.inner + k : k * s.columns + j];
      }
      double result = alpha * sum;
      if (call.has(2)) {
        const std::int64_t at = broadcast_offset(call.input(2).shape, {s.rows, s.columns}, i * s.columns + j);
        result += beta * call.tensor(2).values<float>()[static_cast<std::size_t>(at)];
      }
      out[i * s.columns + j] = static_cast<float>(result);
    }
  }
}

int weight_axis(const Node& node, const Shape&) { return node.attributes.integer("transB", 0) != 0 ? 0 : 1; }
constexpr LayerRole kLayer = {.data = 0, .weight = 1, .bias = 2, .weight_axis = weight_axis};

}  // namespace

extern const Operator kGemm{.type = "Gemm", .since = 7, .shapes = shapes, .grid = GridRule::makes_new,
                            .reference = reference, .layer = &kLayer};

}  // namespace halftone
