// Biases for layers whose results a clamp cuts (Relu, Clip): what counts is the mean behind it. Where a channel is seldom
// active, errors without a mean before the clamp have one behind it: it lets the positive ones through.
#pragma once

#include <cstdint>
#include <vector>

#include "operators/clamp.h"

namespace halftone {

// Some of a layer's rows, kept: x^ [group][rows x columns] and t [group][rows x channels of the group] as a sweep brings them.
class KeptRows {
 public:
  // Of about `expected` rows.
  KeptRows(std::int64_t groups, std::int64_t columns, std::int64_t targets, std::int64_t expected);

  void add(const std::vector<std::vector<float>>& quantized, const std::vector<std::vector<float>>& target, std::int64_t rows);

  // weights: [channels][columns], as rounded; biases: with which the means before the clamp are right. Returns those with
  // which the means behind it are.
  std::vector<double> fit_biases(const Clamp& clamp, const std::vector<float>& weights, const std::vector<double>& biases, int threads) const;

 private:
  std::int64_t columns_, targets_, every_, seen_ = 0;
  std::vector<std::vector<float>> quantized_, target_;
};

}  // namespace halftone
