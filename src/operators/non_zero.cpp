// NonZero: the positions of the elements that are not 0, [rank, count]. ONNX since 9.
#include "operators/operator.h"

namespace halftone {
namespace {

std::vector<std::int64_t> places_of(const Tensor& tensor) {
  std::vector<std::int64_t> places;
  const Tensor marks = convert(tensor, DataType::boolean);
  std::span<const bool> set = marks.values<bool>();
  for (std::size_t i = 0; i < set.size(); ++i) {
    if (set[i]) places.push_back(static_cast<std::int64_t>(i));
  }
  return places;
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 1, 1);
  if (call.input(0).value == nullptr) return std::nullopt;
  return std::vector<TensorSpec>{{DataType::int64, {static_cast<std::int64_t>(call.input(0).shape.size()), std::ssize(places_of(call.tensor(0)))}}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const std::vector<std::int64_t> places = places_of(call.tensor(0)), strides = row_major_strides(call.input(0).shape);
  const Shape& x = call.input(0).shape;
  std::span<std::int64_t> y = outputs[0].mutable_values<std::int64_t>();
  for (std::size_t axis = 0; axis < x.size(); ++axis) {
    for (std::size_t i = 0; i < places.size(); ++i) y[axis * places.size() + i] = places[i] / strides[axis] % x[axis];
  }
}

}  // namespace

extern const Operator kNonZero{.type = "NonZero", .since = 9, .shapes = shapes, .grid = GridRule::none, .reference = reference, .floats = Floats::any, .types = int64_results};

}  // namespace halftone
