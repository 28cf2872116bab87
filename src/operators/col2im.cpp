// Col2Im: adds the columns of sliding blocks, [N, C block, blocks], up to pictures [N, C, image...]: the inverse of taking the blocks
// that a convolution's kernel of that shape runs over. ONNX since 18.
#include <algorithm>

#include "operators/window.h"

namespace halftone {
namespace {

// nullopt: the shapes of image and block are not known yet.
std::optional<Window> window_of_blocks(const Call& call) {
  const Shape& x = call.input(0).shape;
  if (x.size() != 3) throw Error("its input has rank {}, not 3", x.size());
  const auto image = call.integers(1), block = call.integers(2);
  if (!image || !block) return std::nullopt;
  Shape picture = {x[0], 1};
  for (std::int64_t size : *image) {
    if (size < 0) throw Error("an image of size {} is not possible", size);
    picture.push_back(size);
  }
  Window w = window_of(call.node, picture, *block);
  if (element_count(w.out) != x[2] || x[1] % element_count(*block) != 0) throw Error("its columns {} are not those of blocks {} in an image {}", to_string(x), to_string(*block), to_string(*image));
  return w;
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 3, 3);
  require_float(call, 0);
  const auto w = window_of_blocks(call);
  if (!w) return std::nullopt;
  Shape y = {call.input(0).shape[0], call.input(0).shape[1] / element_count(w->kernel)};
  y.insert(y.end(), w->in.begin(), w->in.end());
  return std::vector<TensorSpec>{{call.input(0).type, y}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const Window w = *window_of_blocks(call);
  const std::int64_t blocks = element_count(w.out), taps = element_count(w.kernel), pixels = element_count(w.in);
  const float* columns = call.tensor(0).values<float>().data();
  std::span<float> y = outputs[0].mutable_values<float>();
  std::vector<double> picture(static_cast<std::size_t>(pixels));
  for (std::size_t first = 0; first < y.size(); first += picture.size(), columns += taps * blocks) {
    std::fill(picture.begin(), picture.end(), 0.0);
    for_each_position(w.out, [&](const std::vector<std::int64_t>& position, std::int64_t block) {
      for_each_tap(w, position, [&](std::int64_t tap, std::int64_t place) { picture[static_cast<std::size_t>(place)] += columns[tap * blocks + block]; });
    });
    for (std::size_t i = 0; i < picture.size(); ++i) y[first + i] = static_cast<float>(picture[i]);
  }
}

}  // namespace

extern const Operator kCol2Im{.type = "Col2Im", .since = 18, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference, .data_inputs = 1};

}  // namespace halftone
