// AffineGrid: the places that GridSample reads, grid[n, p] = theta[n] [place of p, 1], for pictures of a size [N, C, spatial...]; theta
// [N, r, r + 1]. -1 and 1 are the edges of the picture (align_corners 0) or the centres of its outermost pixels (1); the last
// axis comes first. ONNX since 20.
#include "operators/window.h"

namespace halftone {
namespace {

// The spatial part of the size; nullopt: not known yet.
std::optional<Shape> sizes_of(const Call& call) {
  const Shape& theta = call.input(0).shape;
  if (theta.size() != 3 || theta[2] != theta[1] + 1) throw Error("its theta {} holds no affine matrices", to_string(theta));
  const auto size = call.integers(1);
  if (!size) return std::nullopt;
  if (std::ssize(*size) != theta[1] + 2 || (*size)[0] != theta[0]) throw Error("its size {} does not belong to theta {}", to_string(*size), to_string(theta));
  for (std::int64_t s : *size) {
    if (s < 0) throw Error("a size of {} is not possible", s);
  }
  return Shape{size->begin() + 2, size->end()};
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 2, 2);
  require_float(call, 0);
  const auto sizes = sizes_of(call);
  if (!sizes) return std::nullopt;
  Shape grid = {call.input(0).shape[0]};
  grid.insert(grid.end(), sizes->begin(), sizes->end());
  grid.push_back(call.input(0).shape[1]);
  return std::vector<TensorSpec>{{call.input(0).type, grid}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const Shape sizes = *sizes_of(call);
  const bool align_corners = call.attributes().integer("align_corners", 0) != 0;
  const auto rank = sizes.size();
  const auto coordinate = [&](std::int64_t index, std::int64_t size) {
    const auto i = static_cast<double>(index), n = static_cast<double>(size);
    if (!align_corners) return (2 * i + 1) / n - 1;
    return size == 1 ? 0 : 2 * i / (n - 1) - 1;
  };
  const float* theta = call.tensor(0).values<float>().data();
  float* grid = outputs[0].mutable_values<float>().data();
  for (std::int64_t n = 0; n < call.input(0).shape[0]; ++n, theta += rank * (rank + 1)) {
    for_each_position(sizes, [&](const std::vector<std::int64_t>& position, std::int64_t) {
      for (std::size_t row = 0; row < rank; ++row) {
        double sum = theta[row * (rank + 1) + rank];
        for (std::size_t c = 0; c < rank; ++c) sum += theta[row * (rank + 1) + c] * coordinate(position[rank - 1 - c], sizes[rank - 1 - c]);
        *grid++ = static_cast<float>(sum);
      }
    });
  }
}

}  // namespace

extern const Operator kAffineGrid{.type = "AffineGrid", .since = 20, .shapes = shapes, .grid = GridRule::none, .reference = reference, .data_inputs = 1};

}  // namespace halftone
