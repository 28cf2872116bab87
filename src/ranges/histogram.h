// A streaming histogram around 0 whose bins double in width when a value falls outside.
//
// Bin i covers [(i - bins/2) w, (i + 1 - bins/2) w), w a power of two. The final width depends on the largest magnitude
// alone and counts are integers, so the result does not depend on the order, the batches or the threads (METHODS 3.1).
#pragma once

#include <cstdint>
#include <vector>

#include "graph/encoding.h"

namespace halftone {

class Histogram {
 public:
  explicit Histogram(std::int64_t bins = kDefaultBins);  // even, at least kFewestBins (throws UsageError)

  static constexpr std::int64_t kDefaultBins = 8192, kFewestBins = 128;

  void add(const float* values, std::int64_t count, int threads);  // finite values
  void add(const float* values, std::int64_t count, Range range, int threads);  // their least and greatest are known
  void merge(const Histogram& other);                              // of as many bins

  bool empty() const { return total_ == 0; }
  std::int64_t total() const { return total_; }
  Range range() const { return {min_, max_}; }   // of the values themselves
  double bin_width() const { return width_; }

  // Bins that hold something, in ascending order: their centre (clipped to the values' range) and count.
  struct Bin {
    double centre, count;
  };
  std::vector<Bin> filled() const;

  // The value below which the fraction p of all values lies, linear inside a bin.
  float quantile(double p) const;

 private:
  void grow(double width);
  double lower_edge(std::size_t bin) const { return (static_cast<double>(bin) - static_cast<double>(counts_.size()) / 2) * width_; }

  std::vector<std::int64_t> counts_;
  double width_ = 0;  // 0: nothing but zeros so far
  std::int64_t total_ = 0;
  float min_ = 0, max_ = 0;
};

// Least and greatest of finite values; `finite` is false when one is NaN or infinite (then the range means nothing).
struct Extremes {
  Range range;
  bool finite = true;
};
Extremes extremes_of(const float* values, std::int64_t count, int threads);

}  // namespace halftone
