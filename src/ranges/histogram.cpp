#include "ranges/histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/parallel.h"
#include "base/random.h"
#include "kernels/statistics.h"

namespace halftone {
namespace {

constexpr std::int64_t kBlock = 1 << 16;

// The smallest power of two w with magnitude < half w.
double width_for(double magnitude, std::int64_t half) {
  int exponent = 0;
  std::frexp(magnitude / static_cast<double>(half), &exponent);  // magnitude / half < 2^exponent
  return std::ldexp(1.0, std::max(exponent, -120));
}

}  // namespace

std::vector<Extremes> extremes_of_each(const float* values, std::int64_t samples, std::int64_t each, int threads) {
  const std::int64_t blocks = std::max<std::int64_t>((each + kBlock - 1) / kBlock, 1);
  std::vector<ValueExtremes> parts(static_cast<std::size_t>(samples * blocks));
  parallel_for(samples * blocks, threads, [&](std::int64_t part) {
    const std::int64_t first = part % blocks * kBlock;
    parts[static_cast<std::size_t>(part)] = find_extremes(values + part / blocks * each + first, std::min(kBlock, each - first));
  });
  std::vector<Extremes> found;
  for (std::int64_t s = 0; s < samples; ++s) {
    const auto own = std::span(parts).subspan(static_cast<std::size_t>(s * blocks), static_cast<std::size_t>(blocks));
    Extremes all = {{own[0].min, own[0].max}, true};
    for (const ValueExtremes& part : own) {
      all.finite = all.finite && part.finite;
      all.range = {std::min(all.range.min, part.min), std::max(all.range.max, part.max)};
    }
    found.push_back(all);
  }
  return found;
}

Extremes extremes_of(const float* values, std::int64_t count, int threads) { return extremes_of_each(values, 1, count, threads)[0]; }

Histogram::Histogram(std::int64_t bins, std::uint64_t seed) : seed_(seed) {
  if (bins < kFewestBins || bins % 2 != 0 || bins > (1 << 20)) {
    throw UsageError("{} bins; a histogram takes an even number from {} to {}", bins, kFewestBins, 1 << 20);
  }
  counts_.assign(static_cast<std::size_t>(bins), 0);
}

void Histogram::grow(double width) {
  if (width_ == 0) width_ = width;
  const std::size_t half = counts_.size() / 2;
  while (width_ < width) {
    std::vector<std::int64_t> merged(counts_.size(), 0);
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      // bin i - half of the old width lies in bin floor((i - half) / 2) of the new one
      const auto offset = static_cast<std::int64_t>(i) - static_cast<std::int64_t>(half);
      merged[static_cast<std::size_t>((offset >> 1) + static_cast<std::int64_t>(half))] += counts_[i];
    }
    counts_ = std::move(merged);
    width_ *= 2;
  }
}

void Histogram::add(const float* values, std::int64_t count, int threads) { add(values, count, extremes_of(values, count, threads).range, threads); }

void Histogram::add(const float* values, std::int64_t count, Range range, int threads) {
  if (count == 0) return;
  make_room(range);
  const std::int64_t blocks = (count + kBlock - 1) / kBlock;
  count_in_lots(blocks, 1, threads, [&](std::int64_t block, BinCounter& counter) {
    counter.add(values + block * kBlock, std::min(kBlock, count - block * kBlock));
  });
  total_ += count;
}

void Histogram::add_samples(const float* values, std::int64_t samples, std::int64_t each, std::int64_t first, Range range, int threads) {
  if (each <= kMostOfSample) return add(values, samples * each, range, threads);
  make_room(range);
  constexpr std::int64_t kRun = 64, kRuns = kMostOfSample / kRun;
  const Random random(seed_, "histogram");
  const std::int64_t weight = (each + kMostOfSample / 2) / kMostOfSample;
  count_in_lots(samples, weight, threads, [&](std::int64_t sample, BinCounter& counter) {
    for (std::int64_t r = 0; r < kRuns; ++r) {
      const std::int64_t begin = each * r / kRuns, end = each * (r + 1) / kRuns;
      const auto places = static_cast<std::uint64_t>(end - begin - kRun + 1);
      const auto place = begin + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>((first + sample) * kRuns + r), places));
      counter.add(values + sample * each + place, kRun);
    }
  });
  total_ += samples * kMostOfSample * weight;
}

// Lets the range fit. Zeros fit any width; the first other value sets it: zeros stand in the bin in the middle at every width.
void Histogram::make_room(Range range) {
  min_ = total_ == 0 ? range.min : std::min(min_, range.min);
  max_ = total_ == 0 ? range.max : std::max(max_, range.max);
  const double magnitude = std::max(std::fabs(static_cast<double>(range.min)), std::fabs(static_cast<double>(range.max)));
  if (magnitude > 0) grow(std::max(width_, width_for(magnitude, std::ssize(counts_) / 2)));
}

// Adds what count(item, counter) finds in each item, times `weight`.
template <typename Count>
void Histogram::count_in_lots(std::int64_t items, std::int64_t weight, int threads, const Count& count) {
  const std::int64_t lots = std::min<std::int64_t>(items, threads);  // counts are whole numbers: how many there are changes nothing
  const auto half = static_cast<std::int32_t>(counts_.size() / 2);
  std::vector<BinCounter> counters(static_cast<std::size_t>(lots), BinCounter(half, width_ > 0 ? static_cast<float>(1 / width_) : 0.0f));
  std::vector<std::span<const std::uint32_t>> found(counters.size());
  parallel_for(lots, threads, [&](std::int64_t lot) {
    const auto l = static_cast<std::size_t>(lot);
    for (std::int64_t item = items * lot / lots; item < items * (lot + 1) / lots; ++item) count(item, counters[l]);
    found[l] = counters[l].counts();
  });
  for (const std::span<const std::uint32_t> bins : found) {
    for (std::size_t b = 0; b < bins.size(); ++b) counts_[b] += weight * bins[b];
  }
}

void Histogram::merge(const Histogram& other) {
  HALFTONE_CHECK(other.counts_.size() == counts_.size());
  if (other.total_ == 0) return;
  Histogram copy = other;
  if (width_ > 0 && copy.width_ > 0) copy.grow(width_);
  if (copy.width_ > 0) grow(std::max(width_, copy.width_));
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += copy.counts_[i];
  min_ = total_ == 0 ? copy.min_ : std::min(min_, copy.min_);
  max_ = total_ == 0 ? copy.max_ : std::max(max_, copy.max_);
  total_ += copy.total_;
}

std::vector<Histogram::Bin> Histogram::filled() const {
  std::vector<Bin> bins;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] == 0) continue;
    const double low = std::max<double>(lower_edge(i), min_), high = std::min<double>(lower_edge(i + 1), max_);
    const auto count = static_cast<double>(counts_[i]);
    bins.push_back({width_ == 0 ? 0.0 : (low + high) / 2, count, count});
  }
  return bins;
}

float Histogram::quantile(double p) const {
  const double wanted = p * static_cast<double>(total_);
  double below = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    const auto count = static_cast<double>(counts_[i]);
    if (count > 0 && below + count >= wanted) {
      const double inside = lower_edge(i) + width_ * std::clamp((wanted - below) / count, 0.0, 1.0);
      return static_cast<float>(std::clamp<double>(inside, min_, max_));
    }
    below += count;
  }
  return max_;
}

}  // namespace halftone
