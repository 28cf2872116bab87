// The discrete Fourier transform, by its definition: DFT and STFT.
#pragma once

#include <cmath>
#include <complex>
#include <cstdint>
#include <numbers>
#include <span>
#include <vector>

namespace halftone {

class Fourier {
 public:
  // inverse: the other sign, and divided by the length.
  Fourier(std::int64_t length, bool inverse) : factors_(static_cast<std::size_t>(length)), scale_(inverse ? 1.0 / static_cast<double>(length) : 1) {
    const double turn = (inverse ? 2 : -2) * std::numbers::pi / static_cast<double>(length);
    for (std::size_t i = 0; i < factors_.size(); ++i) factors_[i] = std::polar(1.0, turn * static_cast<double>(i));
  }

  // sum_t signal[t] exp(-2 pi i k t / length); the signal has `length` elements.
  std::complex<double> bin(std::span<const std::complex<double>> signal, std::int64_t k) const {
    std::complex<double> sum = 0;
    std::size_t turn = 0;
    for (const std::complex<double>& value : signal) {
      sum += value * factors_[turn];
      turn = (turn + static_cast<std::size_t>(k)) % factors_.size();
    }
    return sum * scale_;
  }

 private:
  std::vector<std::complex<double>> factors_;
  double scale_;
};

}  // namespace halftone
