// ConvTranspose: each input element adds its kernel, Y[n, k, p stride - pad + t dilation] += W[c, k, t] X[n, c, p], plus B[k]. ONNX
// since 1.
//
// X [N, C, spatial...], W [C, K / group, kernel...]. The output has stride (in - 1) + output_padding + covered - pads positions, or those of
// output_shape, which tells the pads.
#include <algorithm>

#include "operators/window.h"

namespace halftone {
namespace {

constexpr std::int64_t kLargest = std::int64_t{1} << 31;  // of any number here: sums and products stay in 64 bits

struct Transposed {
  Window window;   // of the convolution that it transposes: in and out change places
  std::vector<std::int64_t> out;
  std::int64_t group = 1, kernels = 0;   // output channels of a group
};

Transposed transposed_of(const Call& call) {
  const Shape &x = call.input(0).shape, &w = call.input(1).shape;
  if (x.size() < 3 || w.size() != x.size()) throw Error("input {} and weight {} do not fit", to_string(x), to_string(w));
  Transposed t;
  t.group = call.attributes().integer("group", 1);
  if (t.group < 1 || x[1] != w[0] || w[0] % t.group != 0) throw Error("input {} and weight {} do not fit with group {}", to_string(x), to_string(w), t.group);
  t.kernels = w[1];
  const std::size_t rank = x.size() - 2;
  const auto bounded = [&](const char* name) {
    const std::vector<std::int64_t> values = call.attributes().integers(name);
    for (std::int64_t value : values) {
      if (value < -kLargest || value > kLargest) throw Error("{} holds {}", name, value);
    }
    return values;
  };
  const auto numbers = [&](const char* name, std::size_t count, std::int64_t otherwise) {
    std::vector<std::int64_t> values = bounded(name);
    if (values.empty()) values.assign(count, otherwise);
    if (values.size() != count) throw Error("{} has {} numbers; {} are needed", name, values.size(), count);
    return values;
  };
  const std::vector<std::int64_t> strides = numbers("strides", rank, 1), dilations = numbers("dilations", rank, 1), pads = numbers("pads", 2 * rank, 0);
  const std::vector<std::int64_t> extra = numbers("output_padding", rank, 0);
  std::vector<std::int64_t> stated = bounded("output_shape");
  if (stated.size() > rank) stated.erase(stated.begin(), stated.end() - static_cast<std::ptrdiff_t>(rank));
  const std::string mode = call.attributes().text("auto_pad", "NOTSET");
  const bool same = mode == "SAME_UPPER" || mode == "SAME_LOWER";
  for (std::size_t i = 0; i < rank; ++i) {
    const std::int64_t covered = dilations[i] * (w[i + 2] - 1) + 1, whole = strides[i] * (x[i + 2] - 1) + extra[i] + covered;
    std::int64_t begin = pads[i], end = pads[i + rank], out = whole - begin - end;
    if (!stated.empty() || same) {
      out = stated.empty() ? x[i + 2] * strides[i] : stated[i];
      const std::int64_t cut = std::max<std::int64_t>(0, whole - out);
      begin = mode == "SAME_UPPER" ? cut / 2 : cut - cut / 2;
      if (mode != "SAME_LOWER" && mode != "SAME_UPPER") begin = cut / 2;
      end = cut - begin;
    } else if (mode == "VALID") {
      begin = end = 0;
      out = whole;
    }
    if (strides[i] < 1 || dilations[i] < 1 || out < 0) throw Error("its window does not fit the input {}", to_string(x));
    t.out.push_back(out);
    t.window.in.push_back(out);
    t.window.out.push_back(x[i + 2]);
    t.window.kernel.push_back(w[i + 2]);
    t.window.strides.push_back(strides[i]);
    t.window.dilations.push_back(dilations[i]);
    t.window.pads_begin.push_back(begin);
    t.window.pads_end.push_back(end);
  }
  return t;
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 2, 3);
  for (std::size_t i = 0; i < 3; ++i) require_float(call, i);
  const Transposed t = transposed_of(call);
  Shape y = {call.input(0).shape[0], t.kernels * t.group};
  if (call.has(2) && call.input(2).shape != Shape{y[1]}) throw Error("its bias is {}; [{}] is needed", to_string(call.input(2).shape), y[1]);
  y.insert(y.end(), t.out.begin(), t.out.end());
  return std::vector<TensorSpec>{{DataType::float32, y}};
}

// Adds the picture times one weight to where the weight's tap lies.
void add_tap(const Window& window, std::int64_t tap, double weight, const float* picture, double* sums) {
  const std::int64_t stride = window.strides.back(), width = window.out.back();
  for_each_row_under_tap(window, tap, [&](std::int64_t row, std::int64_t place, std::int64_t first, std::int64_t end) {
    for (std::int64_t x = first; x < end; ++x) sums[place + x * stride] += weight * picture[row * width + x];
  });
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const Transposed t = transposed_of(call);
  const Shape& x = call.input(0).shape;
  const std::int64_t channels = x[1] / t.group, in_picture = element_count(t.window.out), out_picture = element_count(t.out), taps = element_count(t.window.kernel);
  const float *in = call.tensor(0).values<float>().data(), *weight = call.tensor(1).values<float>().data();
  std::span<float> out = outputs[0].mutable_values<float>();
  for (std::int64_t n = 0; n < x[0]; ++n) {
    for (std::int64_t g = 0; g < t.group; ++g) {
      for (std::int64_t k = 0; k < t.kernels; ++k) {
        std::vector<double> sums(static_cast<std::size_t>(out_picture), call.has(2) ? call.tensor(2).values<float>()[static_cast<std::size_t>(g * t.kernels + k)] : 0.0);
        for (std::int64_t c = g * channels; c < (g + 1) * channels; ++c) {
          for (std::int64_t tap = 0; tap < taps; ++tap) {
            add_tap(t.window, tap, weight[(c * t.kernels + k) * taps + tap], in + (n * x[1] + c) * in_picture, sums.data());
          }
        }
        std::copy(sums.begin(), sums.end(), out.begin() + ((n * t.group + g) * t.kernels + k) * out_picture);
      }
    }
  }
}

}  // namespace

extern const Operator kConvTranspose{.type = "ConvTranspose", .since = 1, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference, .data_inputs = 1};

}  // namespace halftone
