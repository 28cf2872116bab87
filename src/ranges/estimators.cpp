#include "ranges/estimators.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "base/text.h"
#include "kernels/quantize.h"
#include "ranges/kl_range.h"

namespace halftone {
namespace {

Range with_zero(Range range) { return {std::min(range.min, 0.0f), std::max(range.max, 0.0f)}; }

Range mean_range(const std::vector<Range>& samples) {
  double min = 0, max = 0;
  for (const Range& sample : samples) {
    min += sample.min;
    max += sample.max;
  }
  const auto count = static_cast<double>(samples.size());
  return {static_cast<float>(min / count), static_cast<float>(max / count)};
}

Encoding on_range(const Encoding& grid, Range range) {
  Encoding encoding = grid;
  encoding.axis = Encoding::kPerTensor;
  encoding.scale = {1};
  encoding.zero_point = {0};
  set_range(encoding, 0, range);
  return encoding;
}

// Both ends as fractions of min-max: a coarse square of candidates, then ever smaller squares around the best.
class MseSearch {
 public:
  MseSearch(const ValueStatistics& statistics, const Encoding& grid, bool keep_max)
      : bins_(expected_bins(statistics)),
        grid_(grid),
        full_(with_zero(widened(statistics.histogram.range(), bins_))),
        least_high_(keep_max && full_.max > 0 ? statistics.histogram.range().max / full_.max : 0) {}

  Range run() {
    constexpr int kCoarse = 20;
    for (int i = 1; i <= kCoarse; ++i) {
      for (int j = 1; j <= kCoarse; ++j) try_ends(static_cast<double>(i) / kCoarse, static_cast<double>(j) / kCoarse);
    }
    for (double step = 1.0 / (2 * kCoarse); step > 0.001; step /= 2) {
      const double low = best_low_, high = best_high_;
      for (int i = -1; i <= 1; ++i) {
        for (int j = -1; j <= 1; ++j) try_ends(low + i * step, high + j * step);
      }
    }
    return range(best_low_, best_high_);
  }

 private:
  // A bin's centre lies before its values' end, one that is expected beyond.
  static Range widened(Range range, const std::vector<Histogram::Bin>& bins) {
    return {std::min(range.min, static_cast<float>(bins.front().centre)), std::max(range.max, static_cast<float>(bins.back().centre))};
  }

  Range range(double low, double high) const { return {static_cast<float>(full_.min * low), static_cast<float>(full_.max * high)}; }

  void try_ends(double low, double high) {
    if (low <= 0 || high < least_high_ || high <= 0 || low > 1 || high > 1) return;
    if ((full_.min == 0 && low != 1) || (full_.max == 0 && high != 1)) return;
    if (grid_.symmetric && low != high && full_.min != 0 && full_.max != 0) return;
    const double error = grid_error(bins_, on_range(grid_, range(low, high)));
    if (error < best_) {
      best_ = error;
      best_low_ = low;
      best_high_ = high;
    }
  }

  const std::vector<Histogram::Bin> bins_;
  const Encoding& grid_;
  const Range full_;
  const double least_high_;  // of keep_max: 0 without it
  double best_ = std::numeric_limits<double>::infinity(), best_low_ = 1, best_high_ = 1;
};

// E[x]^2 / Var[x] of a rectified standard normal: (1 / (2 pi)) / (1/2 - 1 / (2 pi)).
constexpr double kMeanSquareOverVariance = 1 / (std::numbers::pi - 1);

double channel_error(const std::vector<float>& values, const Encoding& grid, std::size_t channel) {
  const float zero = static_cast<float>(grid.zero_point[channel]);
  const CodeGrid codes = {grid.scale[channel], static_cast<float>(grid.code_min(channel)) - zero, static_cast<float>(grid.code_max(channel)) - zero};
  const RoundingError error = rounding_error(values.data(), static_cast<std::int64_t>(values.size()), codes);
  return error.squares + kMeanSquareOverVariance * error.sum * error.sum;
}

}  // namespace

RangeMethod range_method(const std::string& name) {
  const std::pair<const char*, RangeMethod> methods[] = {{"mse", RangeMethod::mse},
                                                         {"minmax", RangeMethod::minmax},
                                                         {"mean-minmax", RangeMethod::mean_minmax},
                                                         {"percentile", RangeMethod::percentile},
                                                         {"kl", RangeMethod::kl}};
  std::vector<std::string> names;
  for (const auto& [known, method] : methods) {
    if (name == known) return method;
    names.emplace_back(known);
  }
  throw UsageError("'{}' is no range method; there are {}", name, quoted_list(names));
}

double grid_error(const std::vector<Histogram::Bin>& bins, const Encoding& encoding) {
  const double scale = encoding.scale[0], zero = encoding.zero_point[0];
  const double low = encoding.code_min() - zero, high = encoding.code_max() - zero;
  double error = 0;
  for (const Histogram::Bin& bin : bins) {
    const double code = std::nearbyint(bin.centre / scale), within = std::clamp(code, low, high), off = bin.centre - scale * within;
    error += (code == within ? bin.count : bin.clipped) * off * off;
  }
  return error;
}

Range estimate_range(const ValueStatistics& statistics, const Encoding& grid, const EstimatorOptions& options) {
  const Histogram& histogram = statistics.histogram;
  if (histogram.empty()) return {};
  const Range full = histogram.range();
  if (full.min == full.max) return with_zero(full);
  Range range = full;
  switch (options.method) {
    case RangeMethod::minmax: break;
    case RangeMethod::mean_minmax:
      range = mean_range(statistics.samples);
      break;
    case RangeMethod::percentile:
      range = {histogram.quantile(1 - options.percentile / 100), histogram.quantile(options.percentile / 100)};
      break;
    case RangeMethod::mse: range = MseSearch(statistics, grid, options.keep_max).run(); break;
    case RangeMethod::kl: range = kl_range(histogram, grid); break;
  }
  if (options.keep_max) range.max = std::max(range.max, full.max);
  return with_zero(range);
}

void set_mse_weight_range(Encoding& grid, std::size_t channel, const std::vector<float>& values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const Range full = {*low, *high};
  double best = std::numeric_limits<double>::infinity(), best_fraction = 1;
  const auto set_fraction = [&](double fraction) {
    set_range(grid, channel, {static_cast<float>(full.min * fraction), static_cast<float>(full.max * fraction)});
  };
  const auto try_fraction = [&](double fraction) {
    set_fraction(fraction);
    const double error = channel_error(values, grid, channel);
    if (error >= best) return;
    best = error;
    best_fraction = fraction;
  };
  try_fraction(1);
  for (int i = 0; i < 70; ++i) try_fraction(0.3 + 0.01 * i);
  const double coarse = best_fraction;
  for (int i = -4; i <= 4; ++i) try_fraction(coarse + 0.002 * i);
  set_fraction(best_fraction);
}

}  // namespace halftone
