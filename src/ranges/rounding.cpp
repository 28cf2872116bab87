#include "ranges/rounding.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/parallel.h"
#include "graph/encoding.h"
#include "kernels/cholesky.h"
#include "kernels/dense.h"
#include "ranges/code_search.h"

namespace halftone {
namespace {

constexpr int kScaleRounds = 3, kFineScaleRounds = 1;
constexpr std::int64_t kPanel = 64;    // columns whose errors are carried on at once
constexpr std::int32_t kCoarse = 64;  // codes: a scan of scales and exchanges are worth their time below

bool is_coarse(CodeRange range) { return range.high - range.low < kCoarse; }

// [channels][blocks] of scales, and a step for each column.
class ScalesOfColumns {
 public:
  ScalesOfColumns(const RoundingProblem& problem, std::int64_t columns)
      : scales_(problem.scales), columns_(columns), block_(problem.block > 0 ? problem.block : columns), blocks_(blocks_in(columns, block_)) {}

  bool one_a_channel() const { return blocks_ == 1; }

  std::vector<float> steps(std::int64_t channel) const {
    std::vector<float> steps;
    for (std::int64_t k = 0; k < columns_; ++k) steps.push_back(scales_[static_cast<std::size_t>(channel * blocks_ + k / block_)]);
    return steps;
  }

  void store(const std::vector<float>& steps, std::int64_t channel, std::vector<float>& scales) const {
    for (std::int64_t b = 0; b < blocks_; ++b) scales[static_cast<std::size_t>(channel * blocks_ + b)] = steps[static_cast<std::size_t>(b * block_)];
  }

 private:
  const std::vector<float>& scales_;
  std::int64_t columns_, block_, blocks_;
};

}  // namespace

struct RoundingSolver::State {
  std::int64_t columns = 0;
  double unit = 1;                   // errors are told in it: a power of two near the mean variance, so that float32 holds H
  std::vector<float> h;              // H
  std::vector<std::size_t> order;    // columns by ascending variance: the last one is rounded first
  double added = 1;                  // l / unit
  std::vector<float> factor;         // L of H in that order
  std::vector<float> feedback;       // rows of L^T, each divided by its diagonal

  using Candidates = std::vector<CodeCandidate>;  // of a block of channels

  CodeSearch search() const { return {h.data(), columns}; }
  std::vector<float> targets(const RoundingProblem& problem, std::int64_t first, std::int64_t channels) const;
  void round_to_planes(Candidates& candidates, const float* targets, const CodeRange* ranges) const;
  void evaluate(Candidates& candidates, const float* targets) const;
  void solve_block(const RoundingProblem& problem, std::int64_t first, std::int64_t channels, RoundedWeights& result) const;
  void fit(const RoundingProblem& problem, const float* targets, const CodeRange* ranges, bool one_scale, const Candidates& nearest, Candidates& best) const;
  bool try_steps(Candidates others, const float* targets, const CodeRange* ranges, Candidates& best) const;
  void scan_scales(const float* targets, const CodeRange* ranges, Candidates& best) const;
  void follow_scales(const float* targets, const CodeRange* ranges, int rounds, Candidates& best) const;
};

RoundingSolver::RoundingSolver(const std::vector<double>& covariance, std::int64_t columns, double shrinkage, int threads)
    : state_(std::make_unique<State>()) {
  State& s = *state_;
  const auto n = static_cast<std::size_t>(columns);
  s.columns = columns;
  double mean = 0;
  for (std::size_t i = 0; i < n; ++i) mean += covariance[i * n + i] / static_cast<double>(n);
  if (mean > 0) s.unit = std::ldexp(1.0, std::ilogb(mean));
  s.added = mean > 0 ? shrinkage * mean / s.unit : 1.0;
  s.order.resize(n);
  std::iota(s.order.begin(), s.order.end(), std::size_t{0});
  std::stable_sort(s.order.begin(), s.order.end(), [&](std::size_t a, std::size_t b) { return covariance[a * n + a] < covariance[b * n + b]; });
  s.h.resize(n * n);
  s.factor.resize(n * n);
  s.feedback.resize(n * n);
  parallel_for(columns, threads, [&](std::int64_t row) {
    const auto i = static_cast<std::size_t>(row);
    for (std::size_t j = 0; j < n; ++j) s.h[i * n + j] = static_cast<float>(covariance[i * n + j] / s.unit + (i == j ? s.added : 0.0));
  });
  parallel_for(columns, threads, [&](std::int64_t row) {
    const auto i = static_cast<std::size_t>(row);
    for (std::size_t j = 0; j <= i; ++j) s.factor[i * n + j] = s.h[s.order[i] * n + s.order[j]];
  });
  cholesky(s.factor.data(), columns, static_cast<float>(1e-3 * s.added), threads);
  parallel_for(columns, threads, [&](std::int64_t row) {
    const auto i = static_cast<std::size_t>(row);
    for (std::size_t j = i; j < n; ++j) s.feedback[i * n + j] = s.factor[j * n + i] / s.factor[i * n + i];
  });
}

RoundingSolver::~RoundingSolver() = default;

std::uint64_t RoundingSolver::bytes(std::int64_t columns, std::int64_t channels) {
  // In float64: the moments, their copy; in float32: H, its factor and the feedback.
  const auto squares = static_cast<std::uint64_t>(columns) * static_cast<std::uint64_t>(columns) * (2 * sizeof(double) + 3 * sizeof(float));
  return squares + 2 * static_cast<std::uint64_t>(columns * channels) * sizeof(double);
}

// w* = H^-1 (Cov(x^, t) + l w): [channels][columns].
std::vector<float> RoundingSolver::State::targets(const RoundingProblem& problem, std::int64_t first, std::int64_t channels) const {
  const std::size_t all = problem.ranges.size(), n = order.size(), count = static_cast<std::size_t>(channels), from = static_cast<std::size_t>(first);
  std::vector<float> solved(n * count);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t c = 0; c < count; ++c) {
      solved[i * count + c] = static_cast<float>(problem.cross[order[i] * all + from + c] / unit + added * problem.weights[(from + c) * n + order[i]]);
    }
  }
  solve_cholesky(factor.data(), columns, solved.data(), channels);
  std::vector<float> result(solved.size());
  for (std::size_t c = 0; c < count; ++c) {
    for (std::size_t i = 0; i < n; ++i) result[c * n + order[i]] = solved[i * count + c];
  }
  return result;
}

// Column after column, the channels of a block side by side: each takes the code nearest to its target less what the columns
// rounded before have left of their errors.
void RoundingSolver::State::round_to_planes(Candidates& candidates, const float* targets, const CodeRange* ranges) const {
  const auto channels = std::ssize(candidates);
  std::vector<float> off(static_cast<std::size_t>(columns * kDenseLanes), 0.0f), carried(off.size(), 0.0f);
  for (CodeCandidate& candidate : candidates) candidate.codes.resize(static_cast<std::size_t>(columns));
  for (std::int64_t end = columns, start; end > 0; end = start) {
    start = std::max<std::int64_t>(0, end - kPanel);
    for (std::int64_t i = end - 1; i >= start; --i) {
      float* carried_here = &carried[static_cast<std::size_t>(i * kDenseLanes)];
      add_scaled_rows(feedback.data() + i * columns + i + 1, off.data() + (i + 1) * kDenseLanes, end - 1 - i, carried_here);
      const std::size_t column = order[static_cast<std::size_t>(i)];
      for (std::int64_t c = 0; c < channels; ++c) {
        CodeCandidate& candidate = candidates[static_cast<std::size_t>(c)];
        const float target = targets[c * columns + static_cast<std::int64_t>(column)], step = candidate.steps[column];
        const float code = nearest_code(target - carried_here[c], step, ranges[c]);
        candidate.codes[column] = code;
        off[static_cast<std::size_t>(i * kDenseLanes + c)] = step * code - target;
      }
    }
    add_product({feedback.data() + start, columns}, {off.data() + start * kDenseLanes, kDenseLanes}, start, end - start, carried.data());
  }
}

void RoundingSolver::State::evaluate(Candidates& candidates, const float* targets) const {
  const auto channels = std::ssize(candidates);
  std::vector<float> off(static_cast<std::size_t>(channels * columns)), gradients(off.size());
  for (std::size_t i = 0; i < off.size(); ++i) {
    const std::size_t c = i / static_cast<std::size_t>(columns), k = i % static_cast<std::size_t>(columns);
    off[i] = candidates[c].steps[k] * candidates[c].codes[k] - targets[i];
  }
  multiply_transposed(off.data(), h.data(), channels, columns, columns, gradients.data());
  for (std::int64_t c = 0; c < channels; ++c) {
    CodeCandidate& candidate = candidates[static_cast<std::size_t>(c)];
    candidate.gradient.assign(gradients.begin() + c * columns, gradients.begin() + (c + 1) * columns);
    candidate.error = dot(&off[static_cast<std::size_t>(c * columns)], candidate.gradient.data(), columns);
  }
}

// Rounds on other steps, and keeps what is better, channel by channel. Whether any was.
bool RoundingSolver::State::try_steps(Candidates others, const float* targets, const CodeRange* ranges, Candidates& best) const {
  round_to_planes(others, targets, ranges);
  evaluate(others, targets);
  bool improved = false;
  for (std::size_t c = 0; c < best.size(); ++c) {
    search().descend(others[c], targets + static_cast<std::int64_t>(c) * columns, ranges[c]);
    if (others[c].error >= best[c].error) continue;
    best[c] = std::move(others[c]);
    improved = true;
  }
  return improved;
}

// Scales around the given ones: where steps are coarse, the error is a rough function of the scale.
void RoundingSolver::State::scan_scales(const float* targets, const CodeRange* ranges, Candidates& best) const {
  const Candidates base = best;
  for (const float factor : {0.7f, 0.8f, 0.87f, 0.94f, 1.06f, 1.13f, 1.2f}) {
    Candidates others = base;
    for (CodeCandidate& candidate : others) {
      for (float& step : candidate.steps) step *= factor;
    }
    try_steps(std::move(others), targets, ranges, best);
  }
}

// Alternates: the best scale for the codes, the best codes for the scale; each channel as long as its error falls.
void RoundingSolver::State::follow_scales(const float* targets, const CodeRange* ranges, int rounds, Candidates& best) const {
  const auto channels = std::ssize(best);
  for (int i = 0; i < rounds; ++i) {
    std::vector<float> q, hq(static_cast<std::size_t>(channels * columns));
    for (const CodeCandidate& candidate : best) q.insert(q.end(), candidate.codes.begin(), candidate.codes.end());
    multiply_transposed(q.data(), h.data(), channels, columns, columns, hq.data());
    Candidates others = best;
    for (std::int64_t c = 0; c < channels; ++c) {
      const float* row = hq.data() + c * columns;
      const double denominator = dot(q.data() + c * columns, row, columns), numerator = dot(targets + c * columns, row, columns);
      if (!(denominator > 0 && numerator > 0)) continue;
      std::vector<float>& steps = others[static_cast<std::size_t>(c)].steps;
      std::fill(steps.begin(), steps.end(), static_cast<float>(numerator / denominator));
    }
    if (!try_steps(std::move(others), targets, ranges, best)) return;
  }
}

void RoundingSolver::State::solve_block(const RoundingProblem& problem, std::int64_t first, std::int64_t channels, RoundedWeights& result) const {
  const float* weights = &problem.weights[static_cast<std::size_t>(first * columns)];
  const CodeRange* ranges = &problem.ranges[static_cast<std::size_t>(first)];
  const std::vector<float> wanted = targets(problem, first, channels);
  const ScalesOfColumns scales(problem, columns);
  Candidates nearest(static_cast<std::size_t>(channels));
  for (std::int64_t c = 0; c < channels; ++c) {
    CodeCandidate& candidate = nearest[static_cast<std::size_t>(c)];
    candidate.steps = scales.steps(first + c);
    for (std::int64_t k = 0; k < columns; ++k) candidate.codes.push_back(nearest_code(weights[c * columns + k], candidate.steps[static_cast<std::size_t>(k)], ranges[c]));
  }
  Candidates best = nearest;
  evaluate(nearest, wanted.data());
  for (std::int64_t c = 0; c < channels; ++c) {
    result.nearest_error[static_cast<std::size_t>(first + c)] = nearest[static_cast<std::size_t>(c)].error * unit;
  }
  if (problem.fits_codes) fit(problem, wanted.data(), ranges, scales.one_a_channel(), nearest, best);
  evaluate(best, wanted.data());  // afresh: while descending, errors are carried along in float32
  for (std::int64_t c = 0; c < channels; ++c) {
    const auto i = static_cast<std::size_t>(c);
    if (!(best[i].error <= nearest[i].error)) best[i] = std::move(nearest[i]);
    result.error[static_cast<std::size_t>(first) + i] = best[i].error * unit;
    scales.store(best[i].steps, first + c, result.scales);
    std::transform(best[i].codes.begin(), best[i].codes.end(), result.codes.begin() + (first + c) * columns, [](float q) { return static_cast<std::int32_t>(q); });
  }
}

// Codes, and scales where they may move, with less error than the nearest ones; `best` are those at first.
void RoundingSolver::State::fit(const RoundingProblem& problem, const float* targets, const CodeRange* ranges, bool one_scale, const Candidates& nearest, Candidates& best) const {
  const auto channels = std::ssize(best);
  const auto target_of = [&](std::int64_t c) { return targets + c * columns; };
  round_to_planes(best, targets, ranges);
  evaluate(best, targets);
  for (std::int64_t c = 0; c < channels; ++c) {
    const auto i = static_cast<std::size_t>(c);
    search().descend(best[i], target_of(c), ranges[c]);
    if (best[i].error <= nearest[i].error) continue;
    best[i] = nearest[i];  // also where an error is no number
    search().descend(best[i], target_of(c), ranges[c]);
  }
  const bool coarse = std::any_of(ranges, ranges + channels, is_coarse);
  if (problem.fits_scales && coarse) scan_scales(targets, ranges, best);
  if (problem.fits_scales && one_scale) follow_scales(targets, ranges, coarse ? kScaleRounds : kFineScaleRounds, best);
  for (std::int64_t c = 0; c < channels; ++c) {
    if (is_coarse(ranges[c])) search().exchange(best[static_cast<std::size_t>(c)], target_of(c), ranges[c]);
  }
}

RoundedWeights RoundingSolver::solve(const RoundingProblem& problem, int threads) const {
  const auto channels = std::ssize(problem.ranges);
  RoundedWeights result;
  result.codes.resize(problem.weights.size());
  result.scales = problem.scales;
  result.error.assign(problem.ranges.size(), 0.0);
  result.nearest_error.assign(problem.ranges.size(), 0.0);
  parallel_blocks(channels, kDenseLanes, threads, [&](std::int64_t first, std::int64_t end) { state_->solve_block(problem, first, end - first, result); });
  return result;
}

}  // namespace halftone
