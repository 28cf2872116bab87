// Rounding a layer's weights on second moments (METHODS 3.4): for each output channel, codes q on the grid s q that make
//     (s q - w*)^T H (s q - w*)   small,   H = Cov(x^, x^) + l I,   w* = H^-1 (Cov(x^, t) + l w),
// where t is what the channel should make of x^, and l pulls w* towards w. Sequential rounding with error feedback (the
// nearest-plane rule on the Cholesky factor, inputs of largest variance first), then coordinate descent until nothing moves;
// a channel's scales are then tried larger and smaller, and one that all its columns share follows the codes,
// s = (q^T H w*) / (q^T H q), as long as the error falls; coarse grids end with chains of moves (ranges/code_search.h).
// Sources: Nagel et al. 2021, section 3.4 (the objective); Frantar 2022 (GPTQ), Li 2025 (asymmetric target), QuantEase 2023.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/code_moves.h"

namespace halftone {

// The channels of one group: weights [channels][columns].
struct RoundingProblem {
  std::vector<float> weights;
  std::vector<double> cross;  // Cov(x^, t): [columns][channels]
  std::vector<float> scales;  // [channels][blocks]
  std::vector<CodeRange> ranges;  // one a channel
  bool fits_scales = true;    // scales may move
  std::int64_t block = 0;     // columns that share a scale of a channel; 0: all of them
  bool fits_codes = true;     // false: the codes nearest to the weights, on the given scales
};

struct RoundedWeights {
  std::vector<std::int32_t> codes;               // [channels][columns]
  std::vector<float> scales;                     // [channels][blocks]
  std::vector<double> error, nearest_error;      // the objective, here and of rounding w to nearest on the given scale
};

class RoundingSolver {
 public:
  // covariance = Cov(x^, x^): [columns, columns]; l = shrinkage mean(diag Cov(x^, x^)). Never fails: dead and equal columns
  // are shrunk towards the identity.
  RoundingSolver(const std::vector<double>& covariance, std::int64_t columns, double shrinkage, int threads);
  ~RoundingSolver();

  // Bytes that a solver and the moments it is made from take.
  static std::uint64_t bytes(std::int64_t columns, std::int64_t channels);

  // error[c] <= nearest_error[c] for every channel.
  RoundedWeights solve(const RoundingProblem& problem, int threads) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace halftone
