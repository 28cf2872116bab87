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
  explicit Histogram(std::int64_t bins = kDefaultBins, std::uint64_t seed = 0);  // bins: even, at least kFewestBins (throws UsageError)

  static constexpr std::int64_t kDefaultBins = 8192, kFewestBins = 128;

  void add(const float* values, std::int64_t count, int threads);  // finite values
  void add(const float* values, std::int64_t count, Range range, int threads);  // their least and greatest are known
  void merge(const Histogram& other);                              // of as many bins

  // [samples, each] of a dataset, the first one its sample `first`. Of a sample with more than kMostOfSample values, as many
  // stand for all: runs of neighbours, one chosen at random in each stretch of the sample. The range is that of all values.
  static constexpr std::int64_t kMostOfSample = 32768;
  void add_samples(const float* values, std::int64_t samples, std::int64_t each, std::int64_t first, Range range, int threads);

  bool empty() const { return total_ == 0; }
  std::int64_t total() const { return total_; }  // of all values, or about as many
  Range range() const { return {min_, max_}; }   // of the values themselves
  double bin_width() const { return width_; }

  // Bins that hold something, in ascending order: their centre (clipped to the values' range) and count.
  struct Bin {
    double centre, count;
    double clipped;  // as many errors it counts for where it is clipped
  };
  std::vector<Bin> filled() const;

  // The value below which the fraction p of all values lies, linear inside a bin.
  float quantile(double p) const;

 private:
  void make_room(Range range);
  void grow(double width);
  template <typename Count>
  void count_in_lots(std::int64_t items, std::int64_t weight, int threads, const Count& count);
  double lower_edge(std::size_t bin) const { return (static_cast<double>(bin) - static_cast<double>(counts_.size()) / 2) * width_; }

  std::vector<std::int64_t> counts_;
  std::uint64_t seed_;
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
std::vector<Extremes> extremes_of_each(const float* values, std::int64_t samples, std::int64_t each, int threads);  // [samples, each]

}  // namespace halftone
