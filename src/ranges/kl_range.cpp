#include "ranges/kl_range.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"

namespace halftone {
namespace {

// Counts on equal bins from the first to the last filled one.
struct Line {
  std::vector<double> counts;
  double start = 0, width = 0;  // left edge of the first bin
};

Line line_of(const Histogram& histogram) {
  Line line;
  line.width = histogram.bin_width();
  const auto bins = histogram.filled();
  const auto index = [&](double x) { return static_cast<std::int64_t>(std::floor(x / line.width)); };
  const std::int64_t first = index(bins.front().centre), last = index(bins.back().centre);
  line.start = static_cast<double>(first) * line.width;
  line.counts.assign(static_cast<std::size_t>(last - first + 1), 0.0);
  for (const auto& bin : bins) line.counts[static_cast<std::size_t>(index(bin.centre) - first)] += bin.count;
  return line;
}

// KL(P || Q) for the bins [first, end) kept, merged into `levels` groups.
double divergence(const std::vector<double>& counts, std::size_t first, std::size_t end, int levels) {
  std::vector<double> p(counts.begin() + static_cast<std::ptrdiff_t>(first), counts.begin() + static_cast<std::ptrdiff_t>(end));
  const std::vector<double> inside = p;
  for (std::size_t i = 0; i < first; ++i) p.front() += counts[i];
  for (std::size_t i = end; i < counts.size(); ++i) p.back() += counts[i];
  const std::size_t n = p.size();
  double total_p = 0, total_q = 0, kl = 0;
  std::vector<double> q(n, 0.0);
  for (int level = 0; level < levels; ++level) {
    const std::size_t from = n * static_cast<std::size_t>(level) / static_cast<std::size_t>(levels);
    const std::size_t to = n * (static_cast<std::size_t>(level) + 1) / static_cast<std::size_t>(levels);
    double sum = 0, filled = 0;
    for (std::size_t i = from; i < to; ++i) {
      sum += inside[i];
      filled += p[i] > 0 ? 1 : 0;
    }
    for (std::size_t i = from; i < to; ++i) {
      if (p[i] > 0) q[i] = sum / filled;
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    total_p += p[i];
    total_q += q[i];
  }
  constexpr double kFloor = 1e-9;  // a bin of P that Q has emptied costs much, not everything
  for (std::size_t i = 0; i < n; ++i) {
    if (p[i] > 0) kl += p[i] / total_p * std::log((p[i] / total_p) / std::max(q[i] / total_q, kFloor));
  }
  return kl;
}

}  // namespace

Range kl_range(const Histogram& histogram, const Encoding& grid) {
  const Range full = histogram.range();
  if (full.min == full.max || histogram.bin_width() == 0) return full;
  const Line line = line_of(histogram);
  const bool two_sided = full.min < 0 && full.max > 0;
  const int levels = two_sided || !grid.symmetric ? (1 << grid.bits) - 1 : (1 << (grid.bits - 1)) - 1;
  if (static_cast<int>(line.counts.size()) < levels) {
    throw UsageError("kl ranges need at least {} bins between a value's least and greatest, but here are {}; give more --bins", levels,
                     line.counts.size());
  }
  const double largest = std::max(-static_cast<double>(full.min), static_cast<double>(full.max));
  const double smallest = two_sided ? line.width * levels / 2 : line.width * levels;
  constexpr int kCandidates = 256;
  double best = std::numeric_limits<double>::infinity(), best_threshold = largest;
  for (int i = 0; i <= kCandidates; ++i) {
    const double threshold = smallest + (largest - smallest) * i / kCandidates;
    const auto at = [&](double x) {
      return std::clamp(std::llround((x - line.start) / line.width), 0ll, static_cast<long long>(line.counts.size()));
    };
    const auto first = static_cast<std::size_t>(at(-threshold)), end = static_cast<std::size_t>(at(threshold));
    if (end - first < static_cast<std::size_t>(levels)) continue;
    const double kl = divergence(line.counts, first, end, levels);
    if (kl < best) {
      best = kl;
      best_threshold = threshold;
    }
  }
  return {std::max(full.min, static_cast<float>(-best_threshold)), std::min(full.max, static_cast<float>(best_threshold))};
}

}  // namespace halftone
