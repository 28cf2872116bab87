// ConvInteger: a convolution of codes without their zero_points, exact in int32. ONNX since 10.
//
// X [N, C, spatial...] and W [K, C / group, kernel...] of 8 bits, x_zero_point, w_zero_point (one, or [K]). Outside the
// picture the real number is 0.
#include "operators/operator.h"
#include "operators/window.h"

namespace halftone {
namespace {

void require_codes(const Call& call, std::size_t i) {
  const DataType type = call.input(i).type;
  if (call.has(i) && type != DataType::uint8 && type != DataType::int8) throw Error("its input {} is {}; uint8 or int8 is needed", i, name_of(type));
}

Window window(const Call& call) {
  const Shape& w = call.input(1).shape;
  return window_of(call.node, call.input(0).shape, {w.begin() + 2, w.end()});
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 2, 4);
  for (std::size_t i = 0; i < 4; ++i) require_codes(call, i);
  const Shape &x = call.input(0).shape, &w = call.input(1).shape;
  const std::int64_t group = call.attributes().integer("group", 1);
  if (x.size() < 3 || w.size() != x.size()) throw Error("input {} and weight {} must have one rank of at least 3", to_string(x), to_string(w));
  if (group < 1 || x[1] != w[1] * group || w[0] % group != 0) throw Error("input {} and weight {} do not fit with group {}", to_string(x), to_string(w), group);
  if (call.has(2) && element_count(call.input(2).shape) != 1) throw Error("its x_zero_point is {}; one number is needed", to_string(call.input(2).shape));
  if (call.has(3) && element_count(call.input(3).shape) != 1 && call.input(3).shape != Shape{w[0]}) {
    throw Error("its w_zero_point is {}; one number or [{}] is needed", to_string(call.input(3).shape), w[0]);
  }
  Shape y = {x[0], w[0]};
  const Window win = window(call);
  y.insert(y.end(), win.out.begin(), win.out.end());
  return std::vector<TensorSpec>{{DataType::int32, y}};
}

std::vector<std::int64_t> zero_points(const Call& call, std::size_t i) { return call.has(i) ? to_int64s(call.tensor(i)) : std::vector<std::int64_t>{0}; }

// Codes minus zero_point; `run` elements have one after the other.
std::vector<std::int32_t> centred(const Tensor& codes, const std::vector<std::int64_t>& zeros, std::int64_t run) {
  std::vector<std::int32_t> values;
  values.reserve(static_cast<std::size_t>(codes.size()));
  std::int64_t i = 0;
  for (std::int64_t code : to_int64s(codes)) {
    values.push_back(static_cast<std::int32_t>(code - zeros[zeros.size() == 1 ? 0 : static_cast<std::size_t>(i / run)]));
    ++i;
  }
  return values;
}

// Adds one weight times the picture under its tap to the sums of one channel.
void add_tap(const Window& win, std::int64_t tap, std::int32_t weight, const std::int32_t* picture, std::int32_t* sums) {
  const std::int64_t stride = win.strides.back(), width = win.out.back();
  for_each_row_under_tap(win, tap, [&](std::int64_t row, std::int64_t place, std::int64_t first, std::int64_t end) {
    for (std::int64_t x = first; x < end; ++x) sums[row * width + x] += weight * picture[place + x * stride];
  });
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const Window win = window(call);
  const Shape &x = call.input(0).shape, &w = call.input(1).shape;
  const std::int64_t channels = w[1], kernels = w[0] / call.attributes().integer("group", 1);
  const std::int64_t picture = element_count(win.in), positions = element_count(win.out), taps = element_count(win.kernel);
  const std::vector<std::int32_t> in = centred(call.tensor(0), zero_points(call, 2), 1), weight = centred(call.tensor(1), zero_points(call, 3), channels * taps);
  std::span<std::int32_t> out = outputs[0].mutable_values<std::int32_t>();
  std::fill(out.begin(), out.end(), 0);
  for (std::int64_t n = 0; n < x[0]; ++n) {
    for (std::int64_t k = 0; k < w[0]; ++k) {
      for (std::int64_t c = 0; c < channels; ++c) {
        const std::int32_t* plane = in.data() + (n * x[1] + k / kernels * channels + c) * picture;
        for (std::int64_t tap = 0; tap < taps; ++tap) {
          add_tap(win, tap, weight[static_cast<std::size_t>((k * channels + c) * taps + tap)], plane, out.data() + (n * w[0] + k) * positions);
        }
      }
    }
  }
}

std::vector<DataType> types(const Node&, const std::vector<DataType>&) { return {DataType::int32}; }

}  // namespace

extern const Operator kConvInteger{.type = "ConvInteger", .since = 10, .shapes = shapes, .grid = GridRule::none, .reference = reference, .types = types};

}  // namespace halftone
