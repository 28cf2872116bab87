// Biases for layers whose results a clamp cuts (Relu, Clip): what counts is the mean behind it. Where a channel is seldom
// active, errors without a mean before the clamp have one behind it: it lets the positive ones through.
#pragma once

#include <cstdint>
#include <vector>

#include "ranges/sweep.h"

namespace halftone {

// Some of a layer's rows, kept; none where no clamp reads the result.
class KeptRows {
 public:
  explicit KeptRows(const LayerRows& shape);

  void add(const Rows& quantized, const Rows& target, std::int64_t rows);

  // weights: [channels][columns], as rounded; biases: with which the means before the clamp are right. Returns those with
  // which the means behind it are, the same ones where there is no clamp.
  std::vector<double> fit_biases(const std::vector<float>& weights, const std::vector<double>& biases, int threads) const;

 private:
  const LayerRows shape_;
  const std::int64_t every_;
  std::int64_t seen_ = 0;
  Rows quantized_, target_;
};

}  // namespace halftone
