// STFT: the discrete Fourier transforms of frames of a signal [batch, length, 1 (real) or 2 (complex)], frame_step apart and weighed by a
// window: [batch, frames, bins, 2]. onesided: the first half of a real signal's spectrum. ONNX since 17.
#include "operators/fourier.h"
#include "operators/one_number.h"

namespace halftone {
namespace {

struct Frames {
  std::int64_t count = 0, step = 0, length = 0, bins = 0;
};

// nullopt: step or length are not known yet.
std::optional<Frames> frames_of(const Call& call) {
  const Shape& x = call.input(0).shape;
  if (x.size() != 3 || (x[2] != 1 && x[2] != 2)) throw Error("its signal is {}; it must be [batch, length, 1 or 2]", to_string(x));
  const bool onesided = call.attributes().integer("onesided", 1) != 0;
  if (onesided && x[2] == 2) throw Error("it is onesided, with a complex signal");
  if (call.has(2) && call.input(2).shape.size() != 1) throw Error("its window has rank {}, not 1", call.input(2).shape.size());
  if (!knows_one_number(call, 1) || !knows_one_number(call, 3)) return std::nullopt;
  Frames f;
  f.step = call.integers(1)->front();
  f.length = call.has(3) ? call.integers(3)->front() : call.has(2) ? call.input(2).shape[0] : x[1];
  if (f.step < 1 || f.length < 1 || f.length > x[1]) throw Error("frames of {}, {} apart, do not fit a signal of {}", f.length, f.step, x[1]);
  if (call.has(2) && call.input(2).shape[0] != f.length) throw Error("its window of {} does not fit frames of {}", call.input(2).shape[0], f.length);
  f.count = (x[1] - f.length) / f.step + 1;
  f.bins = onesided ? f.length / 2 + 1 : f.length;
  return f;
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 2, 4);
  require_float(call, 0);
  require_float(call, 2);
  const auto f = frames_of(call);
  if (!f) return std::nullopt;
  return std::vector<TensorSpec>{{call.input(0).type, {call.input(0).shape[0], f->count, f->bins, 2}}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const Frames f = *frames_of(call);
  const std::int64_t batch = call.input(0).shape[0], length = call.input(0).shape[1], parts = call.input(0).shape[2];
  const float *x = call.tensor(0).values<float>().data(), *window = call.has(2) ? call.tensor(2).values<float>().data() : nullptr;
  float* y = outputs[0].mutable_values<float>().data();
  const Fourier fourier(f.length, false);
  std::vector<std::complex<double>> signal(static_cast<std::size_t>(f.length));
  for (std::int64_t b = 0; b < batch; ++b) {
    for (std::int64_t frame = 0; frame < f.count; ++frame) {
      const float* from = x + (b * length + frame * f.step) * parts;
      for (std::int64_t t = 0; t < f.length; ++t) {
        const double weight = window == nullptr ? 1 : window[t];
        signal[static_cast<std::size_t>(t)] = {weight * from[t * parts], parts == 2 ? weight * from[t * parts + 1] : 0};
      }
      for (std::int64_t k = 0; k < f.bins; ++k) {
        const std::complex<double> bin = fourier.bin(signal, k);
        *y++ = static_cast<float>(bin.real());
        *y++ = static_cast<float>(bin.imag());
      }
    }
  }
}

}  // namespace

extern const Operator kSTFT{.type = "STFT", .since = 17, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference, .data_inputs = 1};

}  // namespace halftone
