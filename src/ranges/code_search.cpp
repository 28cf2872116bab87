#include "ranges/code_search.h"

#include <cmath>
#include <limits>
#include <utility>

#include "kernels/dense.h"

namespace halftone {
namespace {

constexpr int kMostSweeps = 50, kExchangeSweeps = 3, kFollowers = 3;
constexpr std::int64_t kWide = 640;  // columns: beyond it one sweep of exchanges must do, their work grows with the square
constexpr float kCheap = 0.4f;        // of what a whole step costs by itself: dearer first moves hardly ever pay
constexpr double kWorthwhile = 1e-6;  // of the error: less is noise of float32

}  // namespace

void CodeSearch::move(CodeCandidate& candidate, std::int64_t column, float by) const {
  const auto k = static_cast<std::size_t>(column);
  add_scaled(candidate.steps[k] * by, h_ + column * columns_, columns_, candidate.gradient.data());
  candidate.codes[k] += by;
}

double CodeSearch::error(const CodeCandidate& candidate, const float* target) const {
  double sum = 0;
  for (std::size_t k = 0; k < candidate.codes.size(); ++k) {
    sum += (static_cast<double>(candidate.steps[k]) * candidate.codes[k] - target[k]) * candidate.gradient[k];
  }
  return sum;
}

void CodeSearch::descend(CodeCandidate& candidate, const float* target, CodeRange range) const {
  for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
    bool moved = false;
    for (std::int64_t i = 0; i < columns_; ++i) {
      const auto k = static_cast<std::size_t>(i);
      const float curvature = h_[i * columns_ + i], step = candidate.steps[k], now = step * candidate.codes[k];
      const float better = nearest_code(now - candidate.gradient[k] / curvature, step, range);
      if (better == candidate.codes[k]) continue;
      const float by = step * better - now;
      if (2 * by * candidate.gradient[k] + by * by * curvature >= 0) continue;  // a tie: it would move back and forth
      move(candidate, i, better - candidate.codes[k]);
      moved = true;
    }
    if (!moved) break;
  }
  candidate.error = error(candidate, target);
}

float CodeSearch::chain(CodeCandidate& trial, std::int64_t first, std::vector<float>& cost, CodeRange range) const {
  const auto k = static_cast<std::size_t>(first);
  float change = cost[k] - 2 * trial.steps[k] * std::fabs(trial.gradient[k]);
  move(trial, first, against(trial.gradient[k]));
  const float kept = std::exchange(cost[k], std::numeric_limits<float>::infinity());  // it does not move back
  for (int left = kFollowers; left > 0; --left) {
    const CodeMove best = best_move(trial.codes.data(), trial.steps.data(), trial.gradient.data(), cost.data(), range, columns_);
    if (best.gain == 0 || best.gain * static_cast<float>(left) <= change) break;  // as many of it as are left would not do
    change -= best.gain;
    move(trial, best.column, against(trial.gradient[static_cast<std::size_t>(best.column)]));
  }
  cost[k] = kept;
  return change;
}

void CodeSearch::exchange(CodeCandidate& candidate, const float* target, CodeRange range) const {
  std::vector<float> cost;  // of one step each, by itself
  for (std::int64_t i = 0; i < columns_; ++i) {
    const float step = candidate.steps[static_cast<std::size_t>(i)];
    cost.push_back(step * step * h_[i * columns_ + i]);
  }
  CodeCandidate trial = candidate;
  const int sweeps = columns_ > kWide ? 1 : kExchangeSweeps;
  for (int sweep = 0; sweep < sweeps; ++sweep) {
    bool moved = false;
    for (std::int64_t i = 0; i < columns_; ++i) {
      const auto k = static_cast<std::size_t>(i);
      const float first = cost[k] - 2 * candidate.steps[k] * std::fabs(candidate.gradient[k]);
      if (first > kCheap * cost[k] || !can_move(candidate.codes[k], candidate.gradient[k], range)) continue;
      trial.codes = candidate.codes;
      trial.gradient = candidate.gradient;
      if (chain(trial, i, cost, range) > -kWorthwhile * candidate.error) continue;
      std::swap(candidate.codes, trial.codes);
      std::swap(candidate.gradient, trial.gradient);
      moved = true;
    }
    if (!moved) break;
    descend(candidate, target, range);
  }
}

}  // namespace halftone
