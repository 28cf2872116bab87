#include "ranges/value_statistics.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace halftone {
namespace {

using Bins = std::vector<Histogram::Bin>;

// How much of what is expected of other samples counts: with more than 16 samples it falls with their square, and from 100 on
// it is nothing.
double doubt(std::size_t samples) {
  const double few = std::min(1.0, 16 / static_cast<double>(samples));
  return samples < 100 ? few * few : 0;
}

// bins: in the direction in which the side grows, `direction` from 0. extremes: how far each sample reaches there.
void expect_on_side(Bins& bins, std::vector<double> extremes, double direction) {
  if (extremes.size() < 2 || doubt(extremes.size()) == 0) return;
  std::sort(extremes.begin(), extremes.end(), std::greater());
  const auto top = std::min(extremes.size() - 1, static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(extremes.size())))));
  double excess = 0;
  for (std::size_t i = 0; i < top; ++i) excess += (extremes[i] - extremes[top]) / static_cast<double>(top);
  const double doubted = doubt(extremes.size());
  const auto clipping_counts = [&](std::size_t reaching) { return 1 + 3 * doubted * std::sqrt(5 / static_cast<double>(std::max<std::size_t>(reaching, 1))); };
  std::size_t reaching = 0;  // samples that reach the bin
  for (auto bin = bins.rbegin(); bin != bins.rend() && bin->centre * direction > 0; ++bin) {
    const double reach = bin->centre * direction;
    while (reaching < extremes.size() && extremes[reaching] >= reach) ++reaching;
    bin->clipped = bin->count * clipping_counts(reaching);
  }
  if (extremes[0] == extremes[1] || extremes[0] <= 0) return;  // a bound, or values that do not change their sign
  constexpr int kParts = 4;  // of equal probability
  const double count = doubted / kParts;
  for (int i = 0; i < kParts; ++i) {
    bins.push_back({direction * (extremes[0] - excess * std::log(1 - (i + 0.5) / kParts)), count, count * clipping_counts(1)});
  }
}

}  // namespace

std::vector<Histogram::Bin> expected_bins(const ValueStatistics& statistics) {
  std::vector<double> greatest, least;
  for (const Range& sample : statistics.samples) {
    greatest.push_back(sample.max);
    least.push_back(-static_cast<double>(sample.min));
  }
  Bins bins = statistics.histogram.filled();
  expect_on_side(bins, std::move(greatest), 1);
  std::reverse(bins.begin(), bins.end());
  expect_on_side(bins, std::move(least), -1);
  std::reverse(bins.begin(), bins.end());
  return bins;
}

}  // namespace halftone
