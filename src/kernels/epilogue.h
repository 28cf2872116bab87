// What a convolution or matrix product does to its sums before it writes them.
#pragma once

#include <limits>
#include <vector>

namespace halftone {

// In this order: add a tensor of the output's shape; multiply by multiplier[channel]; round half to even; clamp.
struct Epilogue {
  bool add = false;
  std::vector<float> multiplier;  // empty: none; else one a channel
  bool rounds = false;
  float low = -std::numeric_limits<float>::infinity();
  float high = std::numeric_limits<float>::infinity();

  bool clamps() const {
    return low > -std::numeric_limits<float>::infinity() || high < std::numeric_limits<float>::infinity();
  }
};

}  // namespace halftone
