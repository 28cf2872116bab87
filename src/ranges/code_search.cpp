#include "ranges/code_search.h"

#include <cmath>
#include <limits>
#include <utility>

#include "kernels/dense.h"

namespace halftone {
namespace {

constexpr int kMostSweeps = 50, kExchangeSweeps = 3, kFollowers = 3;
constexpr float kCheap = 0.4f;       // of what a whole step costs by itself: dearer first moves hardly ever pay
constexpr double kWorthwhile = 1e-6;  // of the error: less is noise of float32

}  // namespace

void CodeSearch::move(CodeCandidate& candidate, std::int64_t column, float by, float scale) const {
  add_scaled(scale * by, h_ + column * columns_, columns_, candidate.gradient.data());
  candidate.codes[static_cast<std::size_t>(column)] += by;
}

double CodeSearch::error(const CodeCandidate& candidate, const float* target, float scale) const {
  double sum = 0;
  for (std::int64_t i = 0; i < columns_; ++i) {
    const auto k = static_cast<std::size_t>(i);
    sum += (static_cast<double>(scale) * candidate.codes[k] - target[i]) * candidate.gradient[k];
  }
  return sum;
}

void CodeSearch::descend(CodeCandidate& candidate, const float* target, float scale, CodeRange range) const {
  for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
    bool moved = false;
    for (std::int64_t i = 0; i < columns_; ++i) {
      const auto k = static_cast<std::size_t>(i);
      const float curvature = h_[i * columns_ + i], now = scale * candidate.codes[k];
      const float better = nearest_code(now - candidate.gradient[k] / curvature, scale, range);
      if (better == candidate.codes[k]) continue;
      const float step = scale * better - now;
      if (2 * step * candidate.gradient[k] + step * step * curvature >= 0) continue;  // a tie: it would move back and forth
      move(candidate, i, better - candidate.codes[k], scale);
      moved = true;
    }
    if (!moved) break;
  }
  candidate.error = error(candidate, target, scale);
}

void CodeSearch::exchange(CodeCandidate& candidate, const float* target, float scale, CodeRange range) const {
  std::vector<float> cost(static_cast<std::size_t>(columns_));
  for (std::int64_t i = 0; i < columns_; ++i) cost[static_cast<std::size_t>(i)] = scale * h_[i * columns_ + i];
  CodeCandidate trial = candidate;
  for (int sweep = 0; sweep < kExchangeSweeps; ++sweep) {
    bool moved = false;
    for (std::int64_t i = 0; i < columns_; ++i) {
      const auto k = static_cast<std::size_t>(i);
      float worse = cost[k] - 2 * std::fabs(candidate.gradient[k]);  // times the scale: what the first move costs
      if (worse > kCheap * cost[k] || !can_move(candidate.codes[k], candidate.gradient[k], range)) continue;
      const float by = against(candidate.gradient[k]);
      trial.codes = candidate.codes;
      trial.gradient = candidate.gradient;
      move(trial, i, by, scale);
      const float kept = std::exchange(cost[k], std::numeric_limits<float>::infinity());  // it does not move back
      for (int follower = 0; follower < kFollowers; ++follower) {
        const CodeMove best = best_move(trial.codes.data(), trial.gradient.data(), cost.data(), range, columns_);
        if (best.gain <= 0) break;
        worse -= best.gain;
        move(trial, best.column, against(trial.gradient[static_cast<std::size_t>(best.column)]), scale);
      }
      cost[k] = kept;
      if (scale * worse > -kWorthwhile * candidate.error) continue;
      std::swap(candidate.codes, trial.codes);
      std::swap(candidate.gradient, trial.gradient);
      moved = true;
    }
    if (!moved) break;
    descend(candidate, target, scale, range);
  }
}

}  // namespace halftone
