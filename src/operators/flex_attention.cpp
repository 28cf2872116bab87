// FlexAttention of ai.onnx.preview: Y = prob_mod(softmax(score_mod(scale Q K'))) V for each head, [batch, heads, positions, size]; heads
// of queries share those of keys and values in groups. score_mod and prob_mod, where present, are bodies that change scores and
// probabilities; such a node runs between plans (engine/bodies.h). ai.onnx.preview since 1.
#include "operators/flex_attention.h"

#include <algorithm>
#include <cmath>

#include "operators/element_type.h"
#include "operators/heads.h"

namespace halftone {
namespace {

struct FlexSizes {
  HeadSizes query, key, value;
};

FlexSizes sizes_of(const Call& call) {
  require_inputs(call, 3, 3 + call.node.captured);
  for (std::size_t i = 0; i < 3; ++i) {
    require_float(call, i);
    if (call.input(i).shape.size() != 4) throw Error("input {} has rank {}, not 4", i, call.input(i).shape.size());
  }
  const FlexSizes s{head_sizes(call.input(0).shape, 0, "query"), head_sizes(call.input(1).shape, 0, "key"), head_sizes(call.input(2).shape, 0, "value")};
  if (s.query.batch != s.key.batch || s.query.batch != s.value.batch || s.query.size != s.key.size || s.key.heads != s.value.heads || s.key.positions != s.value.positions) {
    throw Error("its query {}, key {} and value {} do not belong together", to_string(call.input(0).shape), to_string(call.input(1).shape), to_string(call.input(2).shape));
  }
  require_groups(s.query.heads, s.key.heads);
  return s;
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  const FlexSizes s = sizes_of(call);
  if (call.attributes().has("score_mod") || call.attributes().has("prob_mod")) return std::nullopt;
  return std::vector<TensorSpec>{{call.input(0).type, {s.query.batch, s.query.heads, s.query.positions, s.value.size}}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const Tensor y = attention_values(call, attention_probabilities(attention_scores(call)));
  std::memcpy(outputs[0].mutable_data(), y.data(), y.bytes());
}

// The rows of queries, each with the first element of its keys or values in a tensor with elements of `size`.
template <typename Body>
void for_each_query(const FlexSizes& s, std::int64_t size, const Body& body) {
  const std::int64_t group = s.query.heads / s.key.heads;
  for (std::int64_t head = 0; head < s.query.batch * s.query.heads; ++head) {
    const std::int64_t b = head / s.query.heads, h = head % s.query.heads;
    for (std::int64_t i = 0; i < s.query.positions; ++i) body(head * s.query.positions + i, (b * s.key.heads + h / group) * s.key.positions * size);
  }
}

}  // namespace

Tensor attention_scores(const Call& call) {
  const FlexSizes s = sizes_of(call);
  const double scale = call.attributes().real("scale", static_cast<float>(1 / std::sqrt(static_cast<double>(s.query.size))));
  const float *q = call.tensor(0).values<float>().data(), *k = call.tensor(1).values<float>().data();
  Tensor scores(DataType::float32, {s.query.batch, s.query.heads, s.query.positions, s.key.positions});
  float* to = scores.mutable_values<float>().data();
  for_each_query(s, s.key.size, [&](std::int64_t row, std::int64_t keys) {
    for (std::int64_t j = 0; j < s.key.positions; ++j) *to++ = static_cast<float>(scale * inner_product(q + row * s.query.size, k + keys + j * s.key.size, s.key.size));
  });
  return scores;
}

Tensor attention_probabilities(const Tensor& scores) {
  Tensor probabilities(DataType::float32, scores.shape());
  std::span<const float> from = scores.values<float>();
  float* to = probabilities.mutable_values<float>().data();
  std::vector<double> row(static_cast<std::size_t>(scores.shape().back()));
  for (std::size_t first = 0; first < from.size(); first += row.size()) {
    std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(first), row.size(), row.begin());
    softmax_in_place(row);
    to = std::transform(row.begin(), row.end(), to, [](double p) { return static_cast<float>(p); });
  }
  return probabilities;
}

Tensor attention_values(const Call& call, const Tensor& probabilities) {
  const FlexSizes s = sizes_of(call);
  const float *p = probabilities.values<float>().data(), *v = call.tensor(2).values<float>().data();
  Tensor y(DataType::float32, {s.query.batch, s.query.heads, s.query.positions, s.value.size});
  float* to = y.mutable_values<float>().data();
  std::vector<double> weights(static_cast<std::size_t>(s.key.positions)), sums(static_cast<std::size_t>(s.value.size));
  for_each_query(s, s.value.size, [&](std::int64_t row, std::int64_t values) {
    std::copy_n(p + row * s.key.positions, weights.size(), weights.begin());
    weighted_sum(weights, v + values, sums);
    to = std::transform(sums.begin(), sums.end(), to, [](double sum) { return static_cast<float>(sum); });
  });
  return y;
}

DataType score_type(const Node& node, DataType input) {
  const std::int64_t given = node.attributes.integer("softmax_precision", 0);
  if (given == 0) return input == DataType::float64 ? DataType::float64 : DataType::float32;
  const DataType type = element_type(given);
  if (!is_float(type)) throw Error("its softmax_precision is {}", name_of(type));
  return type;
}

extern const Operator kFlexAttention{.type = "FlexAttention", .domain = "ai.onnx.preview", .since = 1, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference, .data_inputs = 3};

}  // namespace halftone
