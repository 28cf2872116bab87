// LinearAttention: a state S [key size, value size] of each head, which every position updates and then reads (update_rule):
//     gated:  S <- exp(decay) S,  a decay a head or an element of the key        delta:  v <- beta (v - S' k)
//     S <- S + k v',  y = scale S' q
// gated_delta does both in this order, linear none. All are packed, [batch, length, heads size]; heads of queries share a state in
// groups. Outputs: y, and the last state. ONNX since 27.
#include <algorithm>
#include <cmath>

#include "operators/heads.h"

namespace halftone {
namespace {

struct LinearSizes {
  HeadSizes query, key, value;
  bool gated = false, delta = false;
};

// Input `i`: there if and only if the rule needs it, and of one of two widths.
void require_parameter(const Call& call, std::size_t i, const char* what, bool needed, const HeadSizes& key, std::int64_t narrow, std::int64_t wide) {
  if (call.has(i) != needed) throw Error("its {} is {}", what, needed ? "missing" : "given, but its update_rule has none");
  if (!needed) return;
  require_float(call, i);
  const Shape& shape = call.input(i).shape;
  if (shape != Shape{key.batch, key.positions, narrow} && shape != Shape{key.batch, key.positions, wide}) throw Error("its {} {} is neither {} nor {} wide", what, to_string(shape), narrow, wide);
}

LinearSizes sizes_of(const Call& call) {
  require_inputs(call, 3, 6);
  for (std::size_t i = 0; i < 3; ++i) {
    require_float(call, i);
    if (call.input(i).shape.size() != 3) throw Error("input {} has rank {}, not 3", i, call.input(i).shape.size());
  }
  const std::string rule = call.attributes().text("update_rule", "gated_delta");
  if (rule != "linear" && rule != "gated" && rule != "delta" && rule != "gated_delta") throw Error("its update_rule '{}' is unknown", rule);
  const std::int64_t heads = call.attributes().integer("kv_num_heads", 0);
  LinearSizes s{head_sizes(call.input(0).shape, call.attributes().integer("q_num_heads", 0), "query"), head_sizes(call.input(1).shape, heads, "key"),
                head_sizes(call.input(2).shape, heads, "value"), rule == "gated" || rule == "gated_delta", rule == "delta" || rule == "gated_delta"};
  require_groups(s.query.heads, heads);
  if (s.query.size != s.key.size || s.query.batch != s.key.batch || s.key.batch != s.value.batch || s.query.positions != s.key.positions || s.key.positions != s.value.positions) {
    throw Error("its query {}, key {} and value {} do not belong together", to_string(call.input(0).shape), to_string(call.input(1).shape), to_string(call.input(2).shape));
  }
  require_float(call, 3);
  if (call.has(3) && call.input(3).shape != Shape{s.key.batch, heads, s.key.size, s.value.size}) throw Error("its past_state {} does not fit", to_string(call.input(3).shape));
  require_parameter(call, 4, "decay", s.gated, s.key, heads, heads * s.key.size);
  require_parameter(call, 5, "beta", s.delta, s.key, 1, heads);
  return s;
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  const LinearSizes s = sizes_of(call);
  return std::vector<TensorSpec>{{call.input(0).type, {s.query.batch, s.query.positions, s.query.heads * s.value.size}},
                                 {call.has(3) ? call.input(3).type : call.input(0).type, {s.key.batch, s.key.heads, s.key.size, s.value.size}}};
}

// The state of one head, [keys, values].
class State {
 public:
  State(std::int64_t keys, std::int64_t values, const float* past)
      : keys_(keys), values_(values), state_(static_cast<std::size_t>(keys * values)), row_(static_cast<std::size_t>(values)) {
    if (past != nullptr) std::copy(past, past + keys * values, state_.begin());
  }

  void decay(const float* decays, bool one_for_all) {
    for (std::int64_t d = 0; d < keys_; ++d) {
      const double factor = std::exp(static_cast<double>(decays[one_for_all ? 0 : d]));
      for (std::int64_t m = 0; m < values_; ++m) at(d, m) *= factor;
    }
  }

  // S' vector
  const std::vector<double>& read(const float* vector) {
    std::fill(row_.begin(), row_.end(), 0.0);
    for (std::int64_t d = 0; d < keys_; ++d) {
      for (std::int64_t m = 0; m < values_; ++m) row_[static_cast<std::size_t>(m)] += at(d, m) * vector[d];
    }
    return row_;
  }

  // beta: null without the delta rule.
  void write(const float* key, const float* value, const float* beta) {
    if (beta != nullptr) read(key);
    for (std::int64_t m = 0; m < values_; ++m) {
      const double v = beta != nullptr ? *beta * (value[m] - row_[static_cast<std::size_t>(m)]) : value[m];
      for (std::int64_t d = 0; d < keys_; ++d) at(d, m) += key[d] * v;
    }
  }

  const std::vector<double>& values() const { return state_; }

 private:
  double& at(std::int64_t d, std::int64_t m) { return state_[static_cast<std::size_t>(d * values_ + m)]; }

  std::int64_t keys_, values_;
  std::vector<double> state_, row_;
};

void reference(const Call& call, std::span<Tensor> outputs) {
  const LinearSizes s = sizes_of(call);
  const auto numbers = [&](std::size_t i) { return call.has(i) ? call.tensor(i).values<float>().data() : nullptr; };
  const float *q = numbers(0), *k = numbers(1), *v = numbers(2), *past = numbers(3), *decay = numbers(4), *beta = numbers(5);
  const float given = call.attributes().real("scale", 0);
  const double scale = given != 0 ? given : 1 / std::sqrt(static_cast<double>(s.query.size));
  const HeadSteps query_at(s.query, true), key_at(s.key, true), value_at(s.value, true), y_at({s.query.batch, s.query.heads, s.query.positions, s.value.size}, true);
  const std::int64_t group = s.query.heads / s.key.heads, state_size = s.key.size * s.value.size;
  const std::int64_t decays = s.gated ? call.input(4).shape[2] : 0, betas = s.delta ? call.input(5).shape[2] : 0;
  float *y = outputs[0].mutable_values<float>().data(), *last = outputs[1].mutable_values<float>().data();
  for (std::int64_t b = 0; b < s.key.batch; ++b) {
    for (std::int64_t h = 0; h < s.key.heads; ++h) {
      State state(s.key.size, s.value.size, past == nullptr ? nullptr : past + (b * s.key.heads + h) * state_size);
      for (std::int64_t t = 0; t < s.key.positions; ++t) {
        const std::int64_t position = b * s.key.positions + t;
        if (s.gated) state.decay(decay + position * decays + h * decays / s.key.heads, decays == s.key.heads);
        state.write(k + key_at(b, h, t), v + value_at(b, h, t), s.delta ? beta + position * betas + (betas == 1 ? 0 : h) : nullptr);
        for (std::int64_t reader = h * group; reader < (h + 1) * group; ++reader) {
          const std::vector<double>& sums = state.read(q + query_at(b, reader, t));
          std::transform(sums.begin(), sums.end(), y + y_at(b, reader, t), [&](double sum) { return static_cast<float>(scale * sum); });
        }
      }
      last = std::transform(state.values().begin(), state.values().end(), last, [](double x) { return static_cast<float>(x); });
    }
  }
}

}  // namespace

extern const Operator kLinearAttention{.type = "LinearAttention", .since = 27, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference, .data_inputs = 3};

}  // namespace halftone
