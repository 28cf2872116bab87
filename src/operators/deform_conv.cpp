// DeformConv: a convolution whose taps are moved by offsets, one for each tap, axis and output position, interpolated linearly (zeros
// outside), and weighed by a mask. Channels of an offset_group share offsets [N, groups taps axes, out...] and mask [N, groups taps,
// out...]. ONNX since 19.
#include <algorithm>

#include "operators/taps.h"
#include "operators/window.h"

namespace halftone {
namespace {

std::int64_t attribute_of(const Call& call, const char* name) {
  const std::int64_t count = call.attributes().integer(name, 1);
  if (count < 1 || call.input(0).shape[1] % count != 0) throw Error("its {} {} does not divide {} channels", name, count, call.input(0).shape[1]);
  return count;
}

Window window(const Call& call) {
  const Shape& w = call.input(1).shape;
  if (w.size() != call.input(0).shape.size() || w.size() < 3) throw Error("its weight {} does not fit an input {}", to_string(w), to_string(call.input(0).shape));
  const std::vector<std::int64_t> kernel(w.begin() + 2, w.end()), given = call.attributes().integers("kernel_shape", kernel);
  if (given != kernel) throw Error("its kernel_shape {} is not that of its weight {}", to_string(given), to_string(w));
  return window_of(call.node, call.input(0).shape, kernel);
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 3, 5);
  for (std::size_t i = 0; i < 5; ++i) require_float(call, i);
  const Window w = window(call);
  const Shape &x = call.input(0).shape, &weight = call.input(1).shape;
  const std::int64_t group = attribute_of(call, "group"), offset_group = attribute_of(call, "offset_group"), taps = element_count(w.kernel);
  if (weight[1] * group != x[1] || weight[0] % group != 0) throw Error("its weight {} does not fit {} channels in {} groups", to_string(weight), x[1], group);
  const auto require = [&](std::size_t i, std::int64_t channels, const char* what) {
    Shape wanted = {x[0], channels};
    wanted.insert(wanted.end(), w.out.begin(), w.out.end());
    if (call.has(i) && call.input(i).shape != wanted) throw Error("its {} is {}, not {}", what, to_string(call.input(i).shape), to_string(wanted));
  };
  require(2, offset_group * taps * static_cast<std::int64_t>(w.rank()), "offset");
  require(4, offset_group * taps, "mask");
  if (call.has(3) && call.input(3).shape != Shape{weight[0]}) throw Error("its bias {} is not of {} channels", to_string(call.input(3).shape), weight[0]);
  Shape y = {x[0], weight[0]};
  y.insert(y.end(), w.out.begin(), w.out.end());
  return std::vector<TensorSpec>{{call.input(0).type, y}};
}

// What the taps at one output position see.
class Columns {
 public:
  Columns(const Call& call, const Window& w)
      : call_(call), w_(w), groups_(attribute_of(call, "offset_group")), channels_(call.input(0).shape[1]), taps_(element_count(w.kernel)), pixels_(element_count(w.in)), positions_(element_count(w.out)),
        axes_(2 * w.rank()), values_(static_cast<std::size_t>(channels_ * taps_)) {}

  // [channels, taps]
  const std::vector<double>& at(std::int64_t n, const std::vector<std::int64_t>& position, std::int64_t p) {
    const float* x = call_.tensor(0).values<float>().data() + n * channels_ * pixels_;
    const float* mask = call_.has(4) ? call_.tensor(4).values<float>().data() : nullptr;
    const std::int64_t shared = channels_ / groups_;
    for (std::int64_t g = 0; g < groups_; ++g) {
      for (std::int64_t tap = 0; tap < taps_; ++tap) {
        const std::int64_t row = (n * groups_ + g) * taps_ + tap;
        place(position, tap, row, p);
        const double weight = mask == nullptr ? 1 : mask[row * positions_ + p];
        for (std::int64_t c = g * shared; c < (g + 1) * shared; ++c) values_[static_cast<std::size_t>(c * taps_ + tap)] = weight * weighted_pixels(around_, x + c * pixels_);
      }
    }
    return values_;
  }

 private:
  // Where the tap reads, moved by its offsets.
  void place(const std::vector<std::int64_t>& position, std::int64_t tap, std::int64_t row, std::int64_t p) {
    const float* offsets = call_.tensor(2).values<float>().data();
    const auto rank = static_cast<std::int64_t>(w_.rank());
    for (std::size_t axis = w_.rank(); axis-- > 0;) {
      const std::int64_t start = position[axis] * w_.strides[axis] - w_.pads_begin[axis] + tap % w_.kernel[axis] * w_.dilations[axis];
      tap /= w_.kernel[axis];
      set_linear_taps(static_cast<double>(start) + offsets[(row * rank + static_cast<std::int64_t>(axis)) * positions_ + p], w_.in[axis], &axes_[2 * axis]);
    }
    combine_taps(axes_, 2, w_.in, around_);
  }

  const Call& call_;
  const Window& w_;
  std::int64_t groups_, channels_, taps_, pixels_, positions_;
  std::vector<Tap> axes_, around_;
  std::vector<double> values_;
};

void reference(const Call& call, std::span<Tensor> outputs) {
  const Window w = window(call);
  const Shape& weight = call.input(1).shape;
  const std::int64_t filters = weight[0], each = element_count(weight) / std::max<std::int64_t>(filters, 1), positions = element_count(w.out), group = attribute_of(call, "group");
  const float *kernels = call.tensor(1).values<float>().data(), *bias = call.has(3) ? call.tensor(3).values<float>().data() : nullptr;
  float* y = outputs[0].mutable_values<float>().data();
  Columns columns(call, w);
  for (std::int64_t n = 0; n < call.input(0).shape[0]; ++n) {
    for_each_position(w.out, [&](const std::vector<std::int64_t>& position, std::int64_t p) {
      const std::vector<double>& values = columns.at(n, position, p);
      for (std::int64_t f = 0; f < filters; ++f) {
        const double* column = values.data() + f / (filters / group) * each;
        double sum = bias == nullptr ? 0 : bias[f];
        for (std::int64_t i = 0; i < each; ++i) sum += kernels[f * each + i] * column[i];
        y[(n * filters + f) * positions + p] = static_cast<float>(sum);
      }
    });
  }
}

}  // namespace

extern const Operator kDeformConv{.type = "DeformConv", .since = 19, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference, .data_inputs = 1};

}  // namespace halftone
