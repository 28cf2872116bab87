// Conv: Y[n, k, p] = B[k] + sum over c, t of W[k, c, t] X[n, group's channel c, p * stride - pad + t * dilation]. ONNX since 1.
//
// X [N, C, spatial...], W [K, C / group, kernel...], B [K] (optional). Outside the picture X is 0. Any number of spatial axes.
#include <algorithm>

#include "operators/operator.h"
#include "operators/window.h"

namespace halftone {
namespace {

Window window(const Call& call) {
  const Shape& w = call.input(1).shape;
  std::vector<std::int64_t> kernel(w.begin() + 2, w.end());
  const std::vector<std::int64_t> stated = call.attributes().integers("kernel_shape");
  if (!stated.empty() && stated != kernel) throw Error("kernel_shape {} does not fit the weight {}", to_string(stated), to_string(w));
  return window_of(call.node, call.input(0).shape, kernel);
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 2, 3);
  for (std::size_t i = 0; i < 3; ++i) require_float(call, i);
  const Shape &x = call.input(0).shape, &w = call.input(1).shape;
  const std::int64_t group = call.attributes().integer("group", 1);
  if (x.size() < 3) throw Error("its input has rank {}; at least 3 is needed", x.size());
  if (w.size() != x.size()) throw Error("its weight {} has rank {}, but the input {} has rank {}", to_string(w), w.size(), to_string(x), x.size());
  if (group < 1 || w[0] % group != 0) throw Error("its {} output channels do not divide into {} groups", w[0], group);
  if (x[1] % group != 0 || x[1] / group != w[1]) {
    throw Error("its input {} has {} channels, but its weight {} takes {} in each of {} groups", to_string(x), x[1], to_string(w), w[1], group);
  }
  if (call.has(2) && call.input(2).shape != Shape{w[0]}) {
    throw Error("its bias is {}; [{}] is needed, one number an output channel", to_string(call.input(2).shape), w[0]);
  }
  Shape y = {x[0], w[0]};
  const Window win = window(call);
  y.insert(y.end(), win.out.begin(), win.out.end());
  return std::vector<TensorSpec>{{DataType::float32, y}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const Window win = window(call);
  const Shape &x = call.input(0).shape, &w = call.input(1).shape;
  const std::int64_t group = call.attributes().integer("group", 1);
  const std::int64_t channels = w[1], kernels = w[0] / group;
  const std::int64_t picture = element_count(win.in), positions = element_count(win.out), taps = element_count(win.kernel);
  std::span<const float> in = call.tensor(0).values<float>(), weight = call.tensor(1).values<float>();
  std::span<float> out = outputs[0].mutable_values<float>();
  for (std::int64_t n = 0; n < x[0]; ++n) {
    for (std::int64_t k = 0; k < w[0]; ++k) {
      const std::int64_t first_channel = k / kernels * channels;
      const double bias = call.has(2) ? call.tensor(2).values<float>()[static_cast<std::size_t>(k)] : 0;
      for_each_position(win.out, [&](const std::vector<std::int64_t>& position, std::int64_t p) {
        double sum = bias;
        for_each_tap(win, position, [&](std::int64_t tap, std::int64_t place) {
          for (std::int64_t c = 0; c < channels; ++c) {
            const std::int64_t at = ((n * x[1]) + first_channel + c) * picture + place;
            sum += static_cast<double>(in[at]) * weight[(k * channels + c) * taps + tap];
          }
        });
        out[(n * w[0] + k) * positions + p] = static_cast<float>(sum);
      });
    }
  }
}

int weight_axis(const Node&, const Shape&) { return 0; }
constexpr LayerRole kLayer = {.data = 0, .weight = 1, .bias = 2, .weight_axis = weight_axis};

}  // namespace

extern const Operator kConv{.type = "Conv", .since = 1, .shapes = shapes, .grid = GridRule::makes_new,
                            .reference = reference, .layer = &kLayer};

}  // namespace halftone
