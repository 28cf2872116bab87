// RotaryEmbedding: rotates pairs of each head's elements by angles that depend on the position, given as cos and sin caches: [positions,
// pairs] with position_ids, else [batch, length, pairs]. Pairs are neighbours (interleaved) or halves apart; elements from
// rotary_embedding_dim on stay. ONNX since 23.
#include <algorithm>

#include "operators/heads.h"
#include "operators/indices.h"

namespace halftone {
namespace {

struct Rotation {
  HeadSizes heads;
  std::int64_t pairs = 0;
};

Rotation rotation_of(const Call& call) {
  Rotation r{head_sizes(call.input(0).shape, call.attributes().integer("num_heads", 0), "input"), 0};
  const std::int64_t given = call.attributes().integer("rotary_embedding_dim", 0), rotated = given == 0 ? r.heads.size : given;
  if (rotated < 0 || rotated > r.heads.size || rotated % 2 != 0) throw Error("{} of a head's {} elements cannot be rotated", rotated, r.heads.size);
  r.pairs = rotated / 2;
  return r;
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 3, 4);
  for (std::size_t i = 0; i < 3; ++i) require_float(call, i);
  const Rotation r = rotation_of(call);
  const Shape& cache = call.input(1).shape;
  if (call.has(3) && call.input(3).shape != Shape{r.heads.batch, r.heads.positions}) throw Error("its position_ids {} are not one for each position of {}", to_string(call.input(3).shape), to_string(call.input(0).shape));
  const bool fits = call.has(3) ? cache.size() == 2 && cache[1] == r.pairs : cache == Shape{r.heads.batch, r.heads.positions, r.pairs};
  if (!fits || call.input(2).shape != cache) throw Error("its caches {} and {} do not fit {} pairs of an input {}", to_string(cache), to_string(call.input(2).shape), r.pairs, to_string(call.input(0).shape));
  return same_as_first_input(call);
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const Rotation r = rotation_of(call);
  const HeadSteps at(r.heads, call.input(0).shape.size() == 3);
  const std::vector<std::int64_t> places = call.has(3) ? indices_of(call.tensor(3), call.input(1).shape[0]) : std::vector<std::int64_t>{};
  const bool interleaved = call.attributes().integer("interleaved", 0) != 0;
  const std::int64_t step = interleaved ? 2 : 1, apart = interleaved ? 1 : r.pairs;
  const float *all_x = call.tensor(0).values<float>().data(), *all_cos = call.tensor(1).values<float>().data(), *all_sin = call.tensor(2).values<float>().data();
  float* all_y = outputs[0].mutable_values<float>().data();
  std::copy(all_x, all_x + call.tensor(0).size(), all_y);
  for (std::int64_t b = 0; b < r.heads.batch; ++b) {
    for (std::int64_t p = 0; p < r.heads.positions; ++p) {
      const std::int64_t position = b * r.heads.positions + p, row = places.empty() ? position : places[static_cast<std::size_t>(position)];
      const float *cos = all_cos + row * r.pairs, *sin = all_sin + row * r.pairs;
      for (std::int64_t h = 0; h < r.heads.heads; ++h) {
        const float* x = all_x + at(b, h, p);
        float* y = all_y + at(b, h, p);
        for (std::int64_t i = 0; i < r.pairs; ++i) {
          const float first = x[i * step], second = x[i * step + apart];
          y[i * step] = cos[i] * first - sin[i] * second;
          y[i * step + apart] = sin[i] * first + cos[i] * second;
        }
      }
    }
  }
}

}  // namespace

extern const Operator kRotaryEmbedding{.type = "RotaryEmbedding", .since = 23, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference, .data_inputs = 1};

}  // namespace halftone
