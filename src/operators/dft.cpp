// DFT: the discrete Fourier transform along an axis of [..., 1] (real) or [..., 2] (complex) elements, cut or filled with zeros to
// dft_length. onesided: the first half of a real signal's spectrum, or (inverse) the real signal of such a half. The axis is an attribute
// before opset 20, an input since. ONNX since 17.
#include "graph/encoding.h"
#include "operators/fourier.h"
#include "operators/one_number.h"

namespace halftone {
namespace {

struct Transform {
  std::int64_t axis = 0, length = 0, bins = 0, parts = 2;  // parts: real and imaginary ones of the output
  bool inverse = false, onesided = false;
};

// One number of an input; `otherwise` where it is absent, nullopt: not known yet.
std::optional<std::int64_t> number(const Call& call, std::size_t i, std::int64_t otherwise) {
  if (!knows_one_number(call, i)) return std::nullopt;
  return call.has(i) ? call.integers(i)->front() : otherwise;
}

std::optional<Transform> transform_of(const Call& call) {
  const Shape& x = call.input(0).shape;
  const auto rank = std::ssize(x);
  if (rank < 2 || (x.back() != 1 && x.back() != 2)) throw Error("its input {} holds neither real nor complex numbers along its last axis", to_string(x));
  Transform t;
  t.inverse = call.attributes().integer("inverse", 0) != 0;
  t.onesided = call.attributes().integer("onesided", 0) != 0;
  if (t.onesided && x.back() != (t.inverse ? 2 : 1)) throw Error("it is onesided{}, with an input {}", t.inverse ? " and inverse" : "", to_string(x));
  const auto axis = call.node.version < 20 ? std::optional<std::int64_t>(call.attributes().integer("axis", 1)) : number(call, 2, -2);
  if (!axis) return std::nullopt;
  t.axis = normalized_axis(*axis, rank);
  if (t.axis == rank - 1) throw Error("its axis {} is that of real and imaginary parts", *axis);
  const std::int64_t size = x[static_cast<std::size_t>(t.axis)];
  const auto length = number(call, 1, t.inverse && t.onesided ? 2 * (size - 1) : size);
  if (!length) return std::nullopt;
  if (*length < 1 || *length > std::int64_t{1} << 32) throw Error("its length {} is not possible", *length);
  t.length = *length;
  t.bins = t.onesided && !t.inverse ? t.length / 2 + 1 : t.length;
  t.parts = t.onesided && t.inverse ? 1 : 2;
  return t;
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 1, 3);
  require_float(call, 0);
  const auto t = transform_of(call);
  if (!t) return std::nullopt;
  Shape y = call.input(0).shape;
  y[static_cast<std::size_t>(t->axis)] = t->bins;
  y.back() = t->parts;
  return std::vector<TensorSpec>{{call.input(0).type, y}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const Transform t = *transform_of(call);
  const Shape& shape = call.input(0).shape;
  const std::int64_t parts = shape.back();
  const ChannelWalk in = channel_walk({shape.begin(), shape.end() - 1}, static_cast<int>(t.axis));
  const float* x = call.tensor(0).values<float>().data();
  float* y = outputs[0].mutable_values<float>().data();
  const Fourier fourier(t.length, t.inverse);
  std::vector<std::complex<double>> signal(static_cast<std::size_t>(t.length));
  const auto read = [&](std::int64_t o, std::int64_t step, std::int64_t i) -> std::complex<double> {
    if (step >= in.channels) return 0;
    const float* at = x + ((o * in.channels + step) * in.inner + i) * parts;
    return {at[0], parts == 2 ? at[1] : 0.0f};
  };
  for (std::int64_t o = 0; o < in.outer; ++o) {
    for (std::int64_t i = 0; i < in.inner; ++i) {
      for (std::int64_t step = 0; step < t.length; ++step) {
        const bool is_mirrored = t.onesided && t.inverse && step > t.length / 2;
        signal[static_cast<std::size_t>(step)] = is_mirrored ? std::conj(read(o, t.length - step, i)) : read(o, step, i);
      }
      for (std::int64_t k = 0; k < t.bins; ++k) {
        const std::complex<double> bin = fourier.bin(signal, k);
        float* at = y + ((o * t.bins + k) * in.inner + i) * t.parts;
        at[0] = static_cast<float>(bin.real());
        if (t.parts == 2) at[1] = static_cast<float>(bin.imag());
      }
    }
  }
}

}  // namespace

extern const Operator kDFT{.type = "DFT", .since = 17, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference, .data_inputs = 1};

}  // namespace halftone
