// MeanVarianceNormalization: (x - mean) / deviation over the named axes (0, 2, 3 by default). ONNX since 9.
#include <algorithm>
#include <cmath>

#include "operators/reduce.h"
#include "operators/window.h"

namespace halftone {
namespace {

std::vector<bool> axes_of(const Call& call) {
  const auto rank = static_cast<std::int64_t>(call.input(0).shape.size());
  std::vector<bool> reduced(static_cast<std::size_t>(rank), false);
  for (std::int64_t axis : call.attributes().integers("axes", {0, 2, 3})) reduced[static_cast<std::size_t>(normalized_axis(axis, rank))] = true;
  return reduced;
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 1, 1);
  require_float(call, 0);
  axes_of(call);
  return same_as_first_input(call);
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const Shape& shape = call.input(0).shape;
  const std::vector<bool> reduced = axes_of(call);
  const std::vector<std::int64_t> strides = reduced_strides(shape, reduced);
  std::int64_t groups = 1;
  for (std::size_t i = 0; i < shape.size(); ++i) groups *= reduced[i] ? 1 : shape[i];
  std::span<const float> x = call.tensor(0).values<float>();
  std::vector<double> sums(static_cast<std::size_t>(groups), 0.0), squares(sums.size(), 0.0);
  const double each = static_cast<double>(x.size()) / static_cast<double>(std::max<std::int64_t>(1, groups));
  const auto group_of = [&](const std::vector<std::int64_t>& position) {
    std::int64_t at = 0;
    for (std::size_t i = 0; i < position.size(); ++i) at += position[i] * strides[i];
    return static_cast<std::size_t>(at);
  };
  for_each_position(shape, [&](const std::vector<std::int64_t>& position, std::int64_t i) { sums[group_of(position)] += x[static_cast<std::size_t>(i)]; });
  for_each_position(shape, [&](const std::vector<std::int64_t>& position, std::int64_t i) {
    const double off = x[static_cast<std::size_t>(i)] - sums[group_of(position)] / each;
    squares[group_of(position)] += off * off;
  });
  std::span<float> y = outputs[0].mutable_values<float>();
  for_each_position(shape, [&](const std::vector<std::int64_t>& position, std::int64_t i) {
    const std::size_t g = group_of(position);
    y[static_cast<std::size_t>(i)] = static_cast<float>((x[static_cast<std::size_t>(i)] - sums[g] / each) / (std::sqrt(squares[g] / each) + 1e-9));
  });
}

}  // namespace

extern const Operator kMeanVarianceNormalization{.type = "MeanVarianceNormalization", .since = 9, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference};

}  // namespace halftone
