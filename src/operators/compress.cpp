// Compress: the slices along an axis (of the flat input without one) whose condition holds. ONNX since 9.
#include "graph/encoding.h"
#include "operators/operator.h"

namespace halftone {
namespace {

// The input as the walk sees it: [outer, channels, inner] with the channels to choose from.
ChannelWalk walk_of(const Call& call) {
  const Shape& x = call.input(0).shape;
  if (!call.attributes().has("axis")) return {1, element_count(x), 1};
  return channel_walk(x, static_cast<int>(normalized_axis(call.attributes().integer("axis", 0), static_cast<std::int64_t>(x.size()))));
}

std::vector<std::int64_t> chosen(const Call& call) {
  std::vector<std::int64_t> places;
  std::span<const bool> conditions = call.tensor(1).values<bool>();
  for (std::size_t i = 0; i < conditions.size() && static_cast<std::int64_t>(i) < walk_of(call).channels; ++i) {
    if (conditions[i]) places.push_back(static_cast<std::int64_t>(i));
  }
  return places;
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 2, 2);
  if (call.input(1).type != DataType::boolean || call.input(1).shape.size() != 1) throw Error("its condition is no list of booleans");
  if (call.input(1).value == nullptr) return std::nullopt;
  const Shape& x = call.input(0).shape;
  if (!call.attributes().has("axis")) return std::vector<TensorSpec>{{call.input(0).type, {std::ssize(chosen(call))}}};
  Shape y = x;
  y[static_cast<std::size_t>(normalized_axis(call.attributes().integer("axis", 0), static_cast<std::int64_t>(x.size())))] = std::ssize(chosen(call));
  return std::vector<TensorSpec>{{call.input(0).type, y}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const ChannelWalk walk = walk_of(call);
  const std::size_t run = static_cast<std::size_t>(walk.inner) * size_of(call.input(0).type);
  std::byte* to = outputs[0].mutable_data();
  for (std::int64_t o = 0; o < walk.outer; ++o) {
    for (std::int64_t place : chosen(call)) {
      std::memcpy(to, call.tensor(0).data() + static_cast<std::size_t>(o * walk.channels + place) * run, run);
      to += run;
    }
  }
}

}  // namespace

extern const Operator kCompress{.type = "Compress", .since = 9, .shapes = shapes, .grid = GridRule::keeps, .reference = reference, .data_inputs = 1, .floats = Floats::any};

}  // namespace halftone
