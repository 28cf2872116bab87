// Local searches for one channel's codes: error = off^T H off with off = steps codes - target, to be made small.
// Sources: QuantEase 2023 (descent by coordinates); Lin and Kernighan 1973 (chains of moves that are judged at their end).
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/code_moves.h"

namespace halftone {

// Codes on grids, a step (scale) for each; gradient = H off goes with them.
struct CodeCandidate {
  std::vector<float> steps, codes, gradient;
  double error = 0;
};

class CodeSearch {
 public:
  // h: [columns, columns], symmetric; it stays where it is.
  CodeSearch(const float* h, std::int64_t columns) : h_(h), columns_(columns) {}

  // Code after code to where the error is least for it, until none moves. Never raises the error.
  void descend(CodeCandidate& candidate, const float* target, CodeRange range) const;

  // From where no single code moves any more: one goes to its second best place, a few others follow, each time the one that
  // helps most, and all of it stays if the error fell. Never raises the error.
  void exchange(CodeCandidate& candidate, const float* target, CodeRange range) const;

 private:
  void move(CodeCandidate& candidate, std::int64_t column, float by) const;
  // One chain from a first move against its gradient; what it changes the error by. cost: of one step of each code, by itself.
  float chain(CodeCandidate& trial, std::int64_t first, std::vector<float>& cost, CodeRange range) const;
  double error(const CodeCandidate& candidate, const float* target) const;

  const float* h_;
  std::int64_t columns_;
};

}  // namespace halftone
