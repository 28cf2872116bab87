// Biases for layers whose results a clamp cuts (Relu, Clip): what counts is the mean behind it. Where a channel is seldom
// active, errors without a mean before the clamp have one behind it: it lets the positive ones through.
#pragma once

#include <cstdint>
#include <vector>

#include "ranges/rows.h"

namespace halftone {

// Some of a layer's rows, kept; none where no clamp reads the result. Its memory serves one layer after the other.
class KeptRows {
 public:
  static std::uint64_t bytes(const LayerRows& shape);  // that such a layer takes

  void begin(const LayerRows& shape);
  void add(const RowBlock& block, int threads);

  // weights: [channels][columns], as rounded; biases: with which the means before the clamp are right. Returns those with
  // which the means behind it are, the same ones where there is no clamp.
  std::vector<double> fit_biases(const std::vector<float>& weights, const std::vector<double>& biases, int threads) const;

 private:
  static std::int64_t apart(const LayerRows& shape);  // one row of so many is kept
  static std::int64_t most(const LayerRows& shape);   // rows kept

  double shift_of(const float* made, float bias, std::int64_t target) const;

  // What channels make of the rows without their biases, [channel][rows]: some of the only group, or one of each of some groups.
  std::vector<float> made_by_channels(const std::vector<float>& weights, std::int64_t first, std::int64_t end) const;
  std::vector<float> made_by_groups(const std::vector<float>& weights, std::int64_t first, std::int64_t end, std::int64_t target) const;

  LayerRows shape_;
  std::int64_t every_ = 1, seen_ = 0, rows_ = 0;
  std::vector<float> x_, t_;  // as in RowBlock
};

}  // namespace halftone
