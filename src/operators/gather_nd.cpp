// GatherND: Y[i..] = X[indices[i..]], the indices of several axes at a time; the first batch_dims axes belong together. ONNX since 11.
#include <algorithm>

#include "operators/indices.h"

namespace halftone {
namespace {

struct Walk {
  std::int64_t batches = 1, places = 1, depth = 0, run = 1;  // places of each batch; axes that an index names; elements it yields
  Shape named;
};

Walk walk_of(const Call& call) {
  const Shape &x = call.input(0).shape, &i = call.input(1).shape;
  const std::int64_t batch = call.attributes().integer("batch_dims", 0);
  if (i.empty() || x.empty() || batch < 0 || batch >= static_cast<std::int64_t>(std::min(x.size(), i.size()))) throw Error("its batch_dims {} are out of range", batch);
  Walk walk;
  walk.depth = i.back();
  if (walk.depth < 0 || batch + walk.depth > static_cast<std::int64_t>(x.size())) throw Error("its indices name {} axes of {}", walk.depth, x.size() - static_cast<std::size_t>(batch));
  for (std::int64_t axis = 0; axis < batch; ++axis) {
    if (x[static_cast<std::size_t>(axis)] != i[static_cast<std::size_t>(axis)]) throw Error("batches {} and {} differ", to_string(x), to_string(i));
    walk.batches *= x[static_cast<std::size_t>(axis)];
  }
  for (std::size_t axis = static_cast<std::size_t>(batch); axis + 1 < i.size(); ++axis) walk.places *= i[axis];
  walk.named = {x.begin() + batch, x.begin() + batch + walk.depth};
  walk.run = element_count({x.begin() + batch + walk.depth, x.end()});
  return walk;
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 2, 2);
  require_indices(call, 1);
  const Walk walk = walk_of(call);
  Shape y = {call.input(1).shape.begin(), call.input(1).shape.end() - 1};
  const std::int64_t batch = call.attributes().integer("batch_dims", 0);
  y.insert(y.end(), call.input(0).shape.begin() + batch + walk.depth, call.input(0).shape.end());
  return std::vector<TensorSpec>{{call.input(0).type, y}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const Walk walk = walk_of(call);
  const std::vector<std::int64_t> indices = to_int64s(call.tensor(1));
  const std::size_t run = static_cast<std::size_t>(walk.run) * size_of(outputs[0].type());
  const std::int64_t each = element_count(walk.named);
  std::byte* to = outputs[0].mutable_data();
  std::size_t next = 0;
  for (std::int64_t b = 0; b < walk.batches; ++b) {
    for (std::int64_t p = 0; p < walk.places; ++p, to += run) {
      std::int64_t place = 0;
      for (std::int64_t size : walk.named) place = place * size + checked_index(indices[next++], size);
      std::memcpy(to, call.tensor(0).data() + static_cast<std::size_t>(b * each + place) * run, run);
    }
  }
}

}  // namespace

extern const Operator kGatherND{.type = "GatherND", .since = 11, .shapes = shapes, .grid = GridRule::keeps, .reference = reference, .data_inputs = 1, .floats = Floats::any};

}  // namespace halftone
