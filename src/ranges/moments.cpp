#include "ranges/moments.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/parallel.h"
#include "kernels/dense.h"

namespace halftone {
namespace {

// The power of two next below `largest`: dividing by it changes no bit and keeps squares within float32.
float unit_below(float largest) { return largest > 0 ? std::ldexp(1.0f, std::clamp(std::ilogb(largest), -120, 120)) : 1.0f; }

// Rows of a matrix that one thread makes: some pieces for narrow matrices too.
std::int64_t stripe_height(std::int64_t columns) { return std::clamp<std::int64_t>((columns / 6 + 15) / 16 * 16, 16, 128); }

// Adds rows [first, end) of a chunk's product a^T b, columns from `from` on.
void merge_stripe(MatrixView a, MatrixView b, std::int64_t rows, const Stripe& stripe, std::vector<double>& total) {
  const std::int64_t width = b.columns - stripe.from;
  std::vector<float> block(static_cast<std::size_t>((stripe.end - stripe.first) * width));
  gram_stripe(a, b, rows, stripe, block.data());
  for (std::int64_t i = stripe.first; i < stripe.end; ++i) {
    double* to = &total[static_cast<std::size_t>(i * b.columns + stripe.from)];
    const float* from = &block[static_cast<std::size_t>((i - stripe.first) * width)];
    for (std::int64_t j = 0; j < width; ++j) to[j] += from[j];
  }
}

}  // namespace

void Moments::Side::begin(const float* rows, std::int64_t count, std::int64_t groups, bool centred, int threads) {
  constexpr std::int64_t kStripe = 512;
  const std::int64_t width = elements * groups;
  sum.assign(static_cast<std::size_t>(width), 0.0);
  shift.resize(static_cast<std::size_t>(width));
  std::vector<float> largest(static_cast<std::size_t>(width));
  parallel_blocks(width, kStripe, threads, [&](std::int64_t first, std::int64_t end) {
    double total[kStripe] = {};
    float middle[kStripe], most[kStripe] = {};
    for (std::int64_t r = 0; centred && r < count; ++r) {
      for (std::int64_t i = first; i < end; ++i) total[i - first] += rows[r * width + i];
    }
    for (std::int64_t i = 0; i < end - first; ++i) middle[i] = static_cast<float>(total[i] / static_cast<double>(count));
    for (std::int64_t r = 0; r < count; ++r) {
      for (std::int64_t i = first; i < end; ++i) most[i - first] = std::max(most[i - first], std::fabs(rows[r * width + i] - middle[i - first]));
    }
    std::copy_n(middle, end - first, shift.begin() + first);
    std::copy_n(most, end - first, largest.begin() + first);
  });
  const auto all = static_cast<std::size_t>(width), step = static_cast<std::size_t>(groups);
  for (std::size_t i = step; i < all; ++i) largest[i % step] = std::max(largest[i % step], largest[i]);
  inverse.resize(all);
  for (std::size_t i = 0; i < all; ++i) inverse[i] = 1 / unit_below(largest[i % step]);
}

std::vector<double> Moments::Side::sums_of(std::int64_t group) const {
  const std::size_t groups = sum.size() / static_cast<std::size_t>(elements);
  std::vector<double> sums;
  for (std::size_t i = static_cast<std::size_t>(group); i < sum.size(); i += groups) sums.push_back(sum[i]);
  return sums;
}

std::vector<double> Moments::Side::means_of(std::int64_t group, double rows) const {
  std::vector<double> means = sums_of(group);
  const auto g = static_cast<std::size_t>(group), groups = sum.size() / means.size();
  for (std::size_t i = 0; i < means.size(); ++i) means[i] = shift[i * groups + g] + means[i] / rows * unit(group);
  return means;
}

Moments::Moments(const MomentsShape& shape)
    : shape_(shape), gram_(static_cast<std::size_t>(shape.groups * shape.columns * shape.columns)), cross_(static_cast<std::size_t>(shape.groups * shape.columns * shape.targets)) {
  x_.elements = shape.columns;
  t_.elements = shape.targets;
}

std::uint64_t Moments::bytes(const MomentsShape& shape) {
  const std::int64_t elements = (shape.columns + 1) * (shape.columns + shape.targets) + shape.columns + shape.targets;
  return static_cast<std::uint64_t>(shape.groups * elements) * sizeof(double);
}

void Moments::add(const RowBlock& block, int threads) {
  if (block.rows == 0) return;
  HALFTONE_CHECK(block.rows % block.samples == 0);
  if (rows_ == 0) {
    const std::int64_t some = std::min(block.rows, kChunk);
    x_.begin(block.x, some, shape_.groups, shape_.centred, threads);
    t_.begin(block.t, some, shape_.groups, shape_.centred, threads);
  }
  if (shape_.groups == 1) add_dense(block, threads);
  else parallel_for((shape_.groups + kGramLanes - 1) / kGramLanes, threads, [&](std::int64_t i) { add_side_by_side(block, i * kGramLanes); });
  rows_ += block.rows;
}

// A sample's mean row weighs as much as all its rows, times the coherence.
double Moments::mean_row_factor(std::int64_t rows_of_sample) const { return std::sqrt(shape_.coherence * static_cast<double>(rows_of_sample)); }

// Samples in chunks: the rows of all of a chunk's samples, behind them the mean row of each, where means count.
struct Moments::Cut {
  std::int64_t samples, each;
  double mean_factor;  // times the sum of a sample's rows; 0: without means

  std::int64_t rows_of_sample() const { return each + (mean_factor > 0 ? 1 : 0); }
  std::int64_t samples_of_chunk() const { return std::max<std::int64_t>(1, kChunk / each); }
  std::int64_t first_of_chunk(std::int64_t sample) const { return sample / samples_of_chunk() * samples_of_chunk(); }
  std::int64_t count_of_chunk(std::int64_t first) const { return std::min(samples_of_chunk(), samples - first); }
};

void Moments::Side::cut_into_chunks(const float* rows, const Cut& cut, int threads) {
  const std::int64_t width = elements, each = cut.each;
  chunks.resize(std::max(chunks.size(), static_cast<std::size_t>(cut.samples * cut.rows_of_sample() * width)));
  std::vector<double> sums(static_cast<std::size_t>(cut.samples * width));
  parallel_for(cut.samples, threads, [&](std::int64_t s) {
    const std::int64_t first = cut.first_of_chunk(s);
    float* chunk = chunks.data() + first * cut.rows_of_sample() * width;
    double* sum_of_sample = &sums[static_cast<std::size_t>(s * width)];
    for (std::int64_t r = 0; r < each; ++r) {
      centre(rows + (s * each + r) * width, shift.data(), inverse.data(), width, chunk + ((s - first) * each + r) * width, sum_of_sample);
    }
    if (cut.mean_factor == 0) return;
    float* mean = chunk + (cut.count_of_chunk(first) * each + s - first) * width;
    for (std::int64_t i = 0; i < width; ++i) mean[i] = static_cast<float>(sum_of_sample[i] * cut.mean_factor);
  });
  for (std::int64_t s = 0; s < cut.samples; ++s) {
    for (std::int64_t i = 0; i < width; ++i) sum[static_cast<std::size_t>(i)] += sums[static_cast<std::size_t>(s * width + i)];
  }
}

void Moments::add_dense(const RowBlock& block, int threads) {
  const std::int64_t each = block.rows / block.samples;
  const Cut cut{block.samples, each, mean_row_factor(each) / static_cast<double>(each)};
  x_.cut_into_chunks(block.x, cut, threads);
  t_.cut_into_chunks(block.t, cut, threads);
  parallel_blocks(shape_.columns, stripe_height(shape_.columns), threads, [&](std::int64_t first, std::int64_t end) {
    for (std::int64_t s = 0; s < block.samples; s += cut.samples_of_chunk()) {
      const std::int64_t rows = cut.count_of_chunk(s) * cut.rows_of_sample(), before = s * cut.rows_of_sample();
      const MatrixView x{x_.chunks.data() + before * x_.elements, x_.elements}, t{t_.chunks.data() + before * t_.elements, t_.elements};
      merge_stripe(x, x, rows, {first, end, first}, gram_);
      merge_stripe(x, t, rows, {first, end, 0}, cross_);
    }
  });
}

// kGramLanes groups side by side, a slice of rows after the other: [elements of x^ and t][rows of the slice][groups].
class Moments::SideBySide {
 public:
  SideBySide(Moments& of, std::int64_t first_group)
      : of_(of), first_(first_group), lanes_(std::min(kGramLanes, of.shape_.groups - first_group)), columns_(of.shape_.columns), elements_(columns_ + of.shape_.targets),
        slice_(static_cast<std::size_t>(elements_ * kGramRows * kGramLanes)), products_(static_cast<std::size_t>(columns_ * elements_ * kGramLanes)),
        sums_(static_cast<std::size_t>(elements_ * kGramLanes)) {}

  void add_sample(const float* x, const float* t, std::int64_t rows) {
    std::fill(sums_.begin(), sums_.end(), 0.0);
    for (std::int64_t row = 0; row < rows;) {
      const std::int64_t count = std::min(kGramRows - filled_, rows - row);
      gather(of_.x_, x, row, count, 0);
      gather(of_.t_, t, row, count, columns_);
      fill(count);
      row += count;
    }
    merge_sums();
    if (of_.shape_.coherence > 0) add_mean_row(of_.mean_row_factor(rows) / static_cast<double>(rows));
    rows_ += rows;
  }

  // Rows whose products are not merged yet.
  std::int64_t rows() const { return rows_; }

  void merge_products() {
    multiply();
    const std::int64_t targets = elements_ - columns_;
    for (std::int64_t l = 0; l < lanes_; ++l) {
      double *gram = &of_.gram_[static_cast<std::size_t>((first_ + l) * columns_ * columns_)], *cross = &of_.cross_[static_cast<std::size_t>((first_ + l) * columns_ * targets)];
      for (std::int64_t i = 0; i < columns_; ++i) {
        const float* product = &products_[static_cast<std::size_t>(i * elements_ * kGramLanes + l)];
        for (std::int64_t j = i; j < columns_; ++j) gram[i * columns_ + j] += product[j * kGramLanes];
        for (std::int64_t j = 0; j < targets; ++j) cross[i * targets + j] += product[(columns_ + j) * kGramLanes];
      }
    }
    std::fill(products_.begin(), products_.end(), 0.0f);
    rows_ = 0;
  }

 private:
  void gather(const Side& side, const float* rows, std::int64_t row, std::int64_t count, std::int64_t before) {
    const std::int64_t groups = of_.shape_.groups, step = side.elements * groups;
    for (std::int64_t e = 0; e < side.elements; ++e) {
      const std::int64_t column = e * groups + first_;
      const float *shift = &side.shift[static_cast<std::size_t>(column)], *inverse = &side.inverse[static_cast<std::size_t>(column)], *from = rows + row * step + column;
      float* to = next_of(before + e);
      double* sum = &sums_[static_cast<std::size_t>((before + e) * kGramLanes)];
      if (lanes_ == kGramLanes) {
        centre_lanes(from, shift, inverse, count, step, to, sum);
      } else {
        for (std::int64_t r = 0; r < count; ++r) centre(from + r * step, shift, inverse, lanes_, to + r * kGramLanes, sum);
      }
    }
  }

  void add_mean_row(double factor) {
    for (std::int64_t e = 0; e < elements_; ++e) {
      for (std::int64_t l = 0; l < kGramLanes; ++l) next_of(e)[l] = static_cast<float>(sums_[static_cast<std::size_t>(e * kGramLanes + l)] * factor);
    }
    fill(1);
  }

  // Where the slice's next row lies.
  float* next_of(std::int64_t element) { return &slice_[static_cast<std::size_t>((element * kGramRows + filled_) * kGramLanes)]; }

  void fill(std::int64_t rows) {
    filled_ += rows;
    if (filled_ == kGramRows) multiply();
  }

  void multiply() {
    gram_side_by_side(slice_.data(), filled_, columns_, elements_, products_.data());
    filled_ = 0;
  }

  void merge_sums() {
    for (std::int64_t e = 0; e < elements_; ++e) {
      Side& side = e < columns_ ? of_.x_ : of_.t_;
      double* to = &side.sum[static_cast<std::size_t>((e < columns_ ? e : e - columns_) * of_.shape_.groups + first_)];
      for (std::int64_t l = 0; l < lanes_; ++l) to[l] += sums_[static_cast<std::size_t>(e * kGramLanes + l)];
    }
  }

  Moments& of_;
  const std::int64_t first_, lanes_, columns_, elements_;
  std::vector<float> slice_, products_;
  std::vector<double> sums_;  // of the sample
  std::int64_t rows_ = 0, filled_ = 0;  // filled_: rows in the slice
};

void Moments::add_side_by_side(const RowBlock& block, std::int64_t first_group) {
  const std::int64_t each = block.rows / block.samples;
  SideBySide lanes(*this, first_group);
  for (std::int64_t s = 0; s < block.samples; ++s) {
    if (lanes.rows() + each > kChunk) lanes.merge_products();
    lanes.add_sample(block.x + s * each * x_.elements * shape_.groups, block.t + s * each * t_.elements * shape_.groups, each);
  }
  lanes.merge_products();
}

std::vector<double> Moments::mean(std::int64_t g) const { return x_.means_of(g, static_cast<double>(rows_)); }

std::vector<double> Moments::mean_target(std::int64_t g) const { return t_.means_of(g, static_cast<double>(rows_)); }

// (products / rows - weight * means of x^ * means of the right side) * units
std::vector<double> Moments::centred(std::vector<double> products, const Side& right, std::int64_t g) const {
  const auto rows = static_cast<double>(rows_);
  const double weight = shape_.centred ? 1 + shape_.coherence : 0, unit = x_.unit(g) * right.unit(g);
  const std::vector<double> a = x_.sums_of(g), b = right.sums_of(g);
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < b.size(); ++j) {
      double& product = products[i * b.size() + j];
      product = (product / rows - weight * (a[i] / rows * (b[j] / rows))) * unit;
    }
  }
  return products;
}

std::vector<double> Moments::covariance(std::int64_t g) const {
  const std::int64_t columns = shape_.columns, squares = columns * columns;
  std::vector<double> gram(gram_.begin() + g * squares, gram_.begin() + (g + 1) * squares);
  for (std::int64_t i = 0; i < columns; ++i) {
    for (std::int64_t j = 0; j < i; ++j) gram[static_cast<std::size_t>(i * columns + j)] = gram[static_cast<std::size_t>(j * columns + i)];
  }
  return centred(std::move(gram), x_, g);
}

std::vector<double> Moments::cross(std::int64_t g) const {
  const std::int64_t products = shape_.columns * shape_.targets;
  return centred({cross_.begin() + g * products, cross_.begin() + (g + 1) * products}, t_, g);
}

}  // namespace halftone
