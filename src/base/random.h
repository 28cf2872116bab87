// Counter-based random numbers: the i-th number of (seed, purpose) is a function of the three alone, so draws can be
// made in any order and on any thread. The mixing function is SplitMix64's finalizer (Steele et al., 2014).
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <string_view>

namespace halftone {

class Random {
 public:
  Random(std::uint64_t seed, std::string_view purpose) : key_(mix(seed + 0x9e3779b97f4a7c15u)) {
    for (char c : purpose) key_ = mix(key_ ^ static_cast<unsigned char>(c));
  }

  std::uint64_t bits(std::uint64_t index) const { return mix(key_ + 0x9e3779b97f4a7c15u * (index + 1)); }

  // Uniform in [0, 1).
  double uniform(std::uint64_t index) const { return static_cast<double>(bits(index) >> 11) * 0x1.0p-53; }

  // Standard normal (Box-Muller on the numbers 2 index and 2 index + 1).
  double normal(std::uint64_t index) const {
    const double radius = std::sqrt(-2 * std::log(1 - uniform(2 * index)));
    return radius * std::cos(2 * std::numbers::pi * uniform(2 * index + 1));
  }

  // Uniform in [0, count).
  std::uint64_t below(std::uint64_t index, std::uint64_t count) const {
    return static_cast<std::uint64_t>(uniform(index) * static_cast<double>(count));
  }

 private:
  static std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  std::uint64_t key_;
};

}  // namespace halftone
