// Attention: Y = softmax(scale Q K' + bias) V for each head; heads of queries share those of keys and values in groups. Before the
// bias scores may be capped: softcap tanh(score / softcap). The bias is attn_mask (false: -infinity), and -infinity for keys after the
// query (is_causal), beyond a window around it, and behind nonpad_kv_seqlen. A query stands behind the past, or at the end of what
// nonpad_kv_seqlen leaves. A query that sees no key gets zeros. Outputs: Y, keys and values with the past before them, and the
// scores as qk_matmul_output_mode says: raw, capped, with the bias, or after the softmax. ONNX since 23.
#include <algorithm>
#include <cmath>
#include <limits>

#include "operators/broadcast.h"
#include "operators/heads.h"

namespace halftone {
namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();

struct AttentionSizes {
  HeadSizes query, key, value;
  std::int64_t past = 0, total = 0;  // keys before those of this call, and in all
  bool packed = false;
};

void require_past(const Call& call, std::size_t i, const HeadSizes& now, std::int64_t past) {
  if (call.input(i).shape != Shape{now.batch, now.heads, past, now.size}) throw Error("its past {} does not belong to {} heads of size {}", to_string(call.input(i).shape), now.heads, now.size);
}

void require_mask(const Call& call, const AttentionSizes& sizes) {
  const Shape& mask = call.input(3).shape;
  if (call.input(3).type != DataType::boolean) require_float(call, 3);
  const Shape scores = {sizes.query.batch, sizes.query.heads, sizes.query.positions, mask.empty() ? 1 : mask.back()};
  if (mask.empty() || mask.back() > sizes.total || broadcast_shapes(mask, scores) != scores) throw Error("its mask {} does not broadcast to {} keys for {} queries", to_string(mask), sizes.total, sizes.query.positions);
}

AttentionSizes sizes_of(const Call& call) {
  require_inputs(call, 3, 7);
  for (std::size_t i : {0, 1, 2, 4, 5}) require_float(call, i);
  const Attributes& a = call.attributes();
  AttentionSizes sizes;
  sizes.packed = call.input(0).shape.size() == 3;
  for (std::size_t i : {1, 2}) {
    if (call.input(i).shape.size() != call.input(0).shape.size()) throw Error("its inputs {} and {} have different ranks", to_string(call.input(0).shape), to_string(call.input(i).shape));
  }
  sizes.query = head_sizes(call.input(0).shape, a.integer("q_num_heads", 0), "query");
  sizes.key = head_sizes(call.input(1).shape, a.integer("kv_num_heads", 0), "key");
  sizes.value = head_sizes(call.input(2).shape, a.integer("kv_num_heads", 0), "value");
  const HeadSizes &q = sizes.query, &k = sizes.key, &v = sizes.value;
  if (q.batch != k.batch || q.batch != v.batch || q.size != k.size || k.heads != v.heads || k.positions != v.positions) {
    throw Error("its query {}, key {} and value {} do not belong together", to_string(call.input(0).shape), to_string(call.input(1).shape), to_string(call.input(2).shape));
  }
  require_groups(q.heads, k.heads);
  if (call.has(4) != call.has(5)) throw Error("it has only one of past_key and past_value");
  if (call.has(4)) {
    if (call.has(6)) throw Error("it has both a past and nonpad_kv_seqlen");
    if (call.input(4).shape.size() != 4) throw Error("its past_key has rank {}, not 4", call.input(4).shape.size());
    sizes.past = call.input(4).shape[2];
    require_past(call, 4, k, sizes.past);
    require_past(call, 5, v, sizes.past);
  }
  sizes.total = sizes.past + k.positions;
  if (call.has(6) && call.input(6).shape != Shape{q.batch}) throw Error("its nonpad_kv_seqlen is {} for a batch of {}", to_string(call.input(6).shape), q.batch);
  if (call.has(3)) require_mask(call, sizes);
  return sizes;
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  const AttentionSizes sizes = sizes_of(call);
  const HeadSizes &q = sizes.query, &k = sizes.key, &v = sizes.value;
  const std::int64_t mode = call.attributes().integer("qk_matmul_output_mode", 0);
  if (mode < 0 || mode > 3) throw Error("its qk_matmul_output_mode is {}; there are 0 to 3", mode);
  std::vector<TensorSpec> specs = {{call.input(0).type, sizes.packed ? Shape{q.batch, q.positions, q.heads * v.size} : Shape{q.batch, q.heads, q.positions, v.size}},
                                   {call.input(0).type, {k.batch, k.heads, sizes.total, k.size}},
                                   {call.input(2).type, {v.batch, v.heads, sizes.total, v.size}},
                                   {call.input(0).type, {q.batch, q.heads, q.positions, sizes.total}}};
  specs.resize(std::clamp<std::size_t>(call.node.outputs.size(), 1, specs.size()));
  return specs;
}

// [batch, heads, past and present, size]
Tensor with_past(const Call& call, std::size_t past, std::size_t present, const HeadSizes& sizes, bool packed) {
  const std::int64_t before = call.has(past) ? call.input(past).shape[2] : 0, total = before + sizes.positions;
  Tensor all(DataType::float32, {sizes.batch, sizes.heads, total, sizes.size});
  const HeadSteps from(sizes, packed), old({sizes.batch, sizes.heads, before, sizes.size}, false);
  const float *x = call.tensor(present).values<float>().data(), *p = before > 0 ? call.tensor(past).values<float>().data() : nullptr;
  float* to = all.mutable_values<float>().data();
  for (std::int64_t b = 0; b < sizes.batch; ++b) {
    for (std::int64_t h = 0; h < sizes.heads; ++h) {
      for (std::int64_t t = 0; t < total; ++t, to += sizes.size) {
        const float* row = t < before ? p + old(b, h, t) : x + from(b, h, t - before);
        std::copy(row, row + sizes.size, to);
      }
    }
  }
  return all;
}

// What is added to the scores of one query.
class Bias {
 public:
  Bias(const Call& call, const AttentionSizes& sizes) : sizes_(sizes) {
    const Attributes& a = call.attributes();
    causal_ = a.integer("is_causal", 0) != 0;
    left_ = a.integer("left_window_size", -1);
    right_ = a.integer("right_window_size", -1);
    if (call.has(3)) {
      mask_ = to_floats(call.tensor(3));
      is_boolean_ = call.input(3).type == DataType::boolean;
      masked_ = call.input(3).shape.back();
      strides_ = broadcast_strides(call.input(3).shape, {sizes.query.batch, sizes.query.heads, sizes.query.positions, masked_});
    }
    lengths_.assign(static_cast<std::size_t>(sizes.query.batch), sizes.total);
    if (!call.has(6)) return;
    has_lengths_ = true;
    lengths_ = to_int64s(call.tensor(6));
    for (std::int64_t length : lengths_) {
      if (length < 0 || length > sizes.total) throw Error("its nonpad_kv_seqlen holds {}; there are {} keys", length, sizes.total);
    }
  }

  void of(std::int64_t b, std::int64_t h, std::int64_t query, std::span<double> bias) const {
    const std::int64_t length = lengths_[static_cast<std::size_t>(b)];
    const std::int64_t place = query + (has_lengths_ ? length - sizes_.query.positions : sizes_.past);
    for (std::int64_t key = 0; key < sizes_.total; ++key) {
      const std::int64_t after = key - place;
      const bool hidden = key >= length || (causal_ && after > 0) || (right_ >= 0 && after > right_) || (left_ >= 0 && -after > left_);
      bias[static_cast<std::size_t>(key)] = hidden ? kNever : of_mask(b, h, query, key);
    }
  }

 private:
  double of_mask(std::int64_t b, std::int64_t h, std::int64_t query, std::int64_t key) const {
    if (strides_.empty()) return 0;
    if (key >= masked_) return kNever;
    const float mask = mask_[static_cast<std::size_t>(b * strides_[0] + h * strides_[1] + query * strides_[2] + key * strides_[3])];
    return is_boolean_ ? (mask != 0 ? 0 : kNever) : mask;
  }

  AttentionSizes sizes_;
  bool causal_ = false, is_boolean_ = false, has_lengths_ = false;
  std::int64_t left_ = -1, right_ = -1, masked_ = 0;
  std::vector<float> mask_;
  std::vector<std::int64_t> strides_, lengths_;
};

void reference(const Call& call, std::span<Tensor> outputs) {
  const AttentionSizes sizes = sizes_of(call);
  const HeadSizes &q = sizes.query, &k = sizes.key, &v = sizes.value;
  const Tensor keys = with_past(call, 4, 1, k, sizes.packed), values = with_past(call, 5, 2, v, sizes.packed);
  if (outputs.size() > 1) std::memcpy(outputs[1].mutable_data(), keys.data(), keys.bytes());
  if (outputs.size() > 2) std::memcpy(outputs[2].mutable_data(), values.data(), values.bytes());
  float* shown = outputs.size() > 3 ? outputs[3].mutable_values<float>().data() : nullptr;
  const std::int64_t mode = call.attributes().integer("qk_matmul_output_mode", 0);
  const double scale = call.attributes().real("scale", static_cast<float>(1 / std::sqrt(static_cast<double>(q.size)))), cap = call.attributes().real("softcap", 0);
  const Bias bias(call, sizes);
  const HeadSteps query_at(q, sizes.packed), y_at({q.batch, q.heads, q.positions, v.size}, sizes.packed);
  const float* x = call.tensor(0).values<float>().data();
  float* y = outputs[0].mutable_values<float>().data();
  std::vector<double> scores(static_cast<std::size_t>(sizes.total)), added(scores.size()), sums(static_cast<std::size_t>(v.size));
  const auto show = [&](std::int64_t stage) {
    if (shown != nullptr && mode == stage) shown = std::transform(scores.begin(), scores.end(), shown, [](double s) { return static_cast<float>(s); });
  };
  for (std::int64_t b = 0; b < q.batch; ++b) {
    for (std::int64_t h = 0; h < q.heads; ++h) {
      const std::int64_t shared = (b * k.heads + h / (q.heads / k.heads)) * sizes.total;
      const float *key = keys.values<float>().data() + shared * k.size, *value = values.values<float>().data() + shared * v.size;
      for (std::int64_t i = 0; i < q.positions; ++i) {
        for (std::size_t j = 0; j < scores.size(); ++j) scores[j] = scale * inner_product(x + query_at(b, h, i), key + static_cast<std::int64_t>(j) * k.size, k.size);
        show(0);
        for (double& score : scores) score = cap > 0 ? cap * std::tanh(score / cap) : score;
        show(1);
        bias.of(b, h, i, added);
        for (std::size_t j = 0; j < scores.size(); ++j) scores[j] = added[j] == kNever ? kNever : scores[j] + added[j];
        show(2);
        softmax_in_place(scores);
        show(3);
        weighted_sum(scores, value, sums);
        std::transform(sums.begin(), sums.end(), y + y_at(b, h, i), [](double s) { return static_cast<float>(s); });
      }
    }
  }
}

}  // namespace

extern const Operator kAttention{.type = "Attention", .since = 23, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference, .data_inputs = 3};

}  // namespace halftone
