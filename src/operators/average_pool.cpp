// AveragePool: mean over the window. Taps outside the picture are left out, or with count_include_pad count as 0 where
// they lie in the padded picture (never beyond it, as ceil_mode may reach). ONNX since 7; ceil_mode 10, dilations 19.
#include "operators/pooling.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 1, 1);
  require_float(call, 0);
  return std::vector<TensorSpec>{{DataType::float32, pooled_shape(call, pool_window(call))}};
}

// Taps of one position that lie in the padded picture.
std::int64_t padded_taps(const Window& w, const std::vector<std::int64_t>& position) {
  std::int64_t count = 1;
  for (std::size_t axis = 0; axis < w.rank(); ++axis) {
    std::int64_t inside = 0;
    for (std::int64_t k = 0; k < w.kernel[axis]; ++k) {
      inside += position[axis] * w.strides[axis] - w.pads_begin[axis] + k * w.dilations[axis] < w.in[axis] + w.pads_end[axis] ? 1 : 0;
    }
    count *= inside;
  }
  return count;
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const Window w = pool_window(call);
  const Shape& x = call.input(0).shape;
  const bool count_padding = call.attributes().integer("count_include_pad", 0) != 0;
  const std::int64_t picture = element_count(w.in), positions = element_count(w.out);
  std::span<const float> in = call.tensor(0).values<float>();
  std::span<float> out = outputs[0].mutable_values<float>();
  for (std::int64_t plane = 0; plane < x[0] * x[1]; ++plane) {
    for_each_position(w.out, [&](const std::vector<std::int64_t>& position, std::int64_t p) {
      double sum = 0;
      std::int64_t inside = 0;
      for_each_tap(w, position, [&](std::int64_t, std::int64_t place) {
        sum += in[plane * picture + place];
        ++inside;
      });
      const std::int64_t divisor = count_padding ? padded_taps(w, position) : inside;
      out[plane * positions + p] = divisor > 0 ? static_cast<float>(sum / static_cast<double>(divisor)) : 0.0f;
    });
  }
}

}  // namespace

extern const Operator kAveragePool{.type = "AveragePool", .since = 7, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference};

}  // namespace halftone
