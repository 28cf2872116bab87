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

void Moments::Side::begin(const float* rows, std::int64_t count, std::int64_t groups, bool centred) {
  const auto width = static_cast<std::size_t>(elements * groups);
  sum.assign(width, 0.0);
  std::vector<double> total(width, 0.0);
  for (std::int64_t r = 0; centred && r < count; ++r) {
    for (std::size_t i = 0; i < width; ++i) total[i] += rows[static_cast<std::size_t>(r) * width + i];
  }
  shift.resize(width);
  for (std::size_t i = 0; i < width; ++i) shift[i] = static_cast<float>(total[i] / static_cast<double>(count));
  std::vector<float> largest(width, 0.0f);
  for (std::int64_t r = 0; r < count; ++r) {
    for (std::size_t i = 0; i < width; ++i) largest[i] = std::max(largest[i], std::fabs(rows[static_cast<std::size_t>(r) * width + i] - shift[i]));
  }
  const auto step = static_cast<std::size_t>(groups);
  for (std::size_t i = step; i < width; ++i) largest[i % step] = std::max(largest[i % step], largest[i]);
  inverse.resize(width);
  for (std::size_t i = 0; i < width; ++i) inverse[i] = 1 / unit_below(largest[i % step]);
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
    x_.begin(block.x, some, shape_.groups, shape_.centred);
    t_.begin(block.t, some, shape_.groups, shape_.centred);
  }
  if (shape_.groups == 1) add_dense(block, threads);
  else parallel_for((shape_.groups + kGramLanes - 1) / kGramLanes, threads, [&](std::int64_t i) { add_side_by_side(block, i * kGramLanes); });
  rows_ += block.rows;
}

// A sample's mean row weighs as much as all its rows, times the coherence.
double Moments::mean_row_factor(std::int64_t rows_of_sample) const { return std::sqrt(shape_.coherence * static_cast<double>(rows_of_sample)); }

void Moments::add_dense(const RowBlock& block, int threads) {
  const std::int64_t each = block.rows / block.samples, samples_of_chunk = std::max<std::int64_t>(1, kChunk / each);
  const bool has_means = shape_.coherence > 0;
  const std::int64_t rows_of_sample = each + (has_means ? 1 : 0);
  const auto mean_factor = static_cast<double>(mean_row_factor(each) / static_cast<double>(each));
  const auto centre_side = [&](Side& side, const float* rows, std::vector<float>& chunks) {
    const std::int64_t width = side.elements;
    chunks.resize(std::max(chunks.size(), static_cast<std::size_t>(block.samples * rows_of_sample * width)));
    std::vector<double> sums(static_cast<std::size_t>(block.samples * width));
    parallel_for(block.samples, threads, [&](std::int64_t s) {
      const std::int64_t first = s / samples_of_chunk * samples_of_chunk, count = std::min(samples_of_chunk, block.samples - first);  // its chunk's samples
      float* chunk = chunks.data() + first * rows_of_sample * width;
      double* sum = &sums[static_cast<std::size_t>(s * width)];
      for (std::int64_t r = 0; r < each; ++r) {
        centre(rows + (s * each + r) * width, side.shift.data(), side.inverse.data(), width, chunk + ((s - first) * each + r) * width, sum);
      }
      if (!has_means) return;
      float* mean = chunk + (count * each + s - first) * width;  // behind the rows of all
      for (std::int64_t i = 0; i < width; ++i) mean[i] = static_cast<float>(sum[i] * mean_factor);
    });
    for (std::size_t i = 0; i < sums.size(); ++i) side.sum[i % static_cast<std::size_t>(width)] += sums[i];
  };
  centre_side(x_, block.x, chunk_x_);
  centre_side(t_, block.t, chunk_t_);
  parallel_blocks(shape_.columns, stripe_height(shape_.columns), threads, [&](std::int64_t first, std::int64_t end) {
    for (std::int64_t s = 0; s < block.samples; s += samples_of_chunk) {
      const MatrixView x{chunk_x_.data() + s * rows_of_sample * shape_.columns, shape_.columns}, t{chunk_t_.data() + s * rows_of_sample * shape_.targets, shape_.targets};
      const std::int64_t rows = std::min(samples_of_chunk, block.samples - s) * rows_of_sample;
      merge_stripe(x, x, rows, {first, end, first}, gram_);
      merge_stripe(x, t, rows, {first, end, 0}, cross_);
    }
  });
}

// Some groups, a slice of a sample's rows after the other, [elements of x^ and t][rows of the slice][groups].
struct Moments::SamplesOfChunk {
  const Moments& of;
  const std::int64_t first, lanes, elements = of.shape_.columns + of.shape_.targets;
  std::vector<float> slice = std::vector<float>(static_cast<std::size_t>(elements * kGramRows * kGramLanes));
  std::vector<float> products = std::vector<float>(static_cast<std::size_t>(of.shape_.columns * elements * kGramLanes));  // summed over the chunk
  std::vector<double> sums = std::vector<double>(static_cast<std::size_t>(elements * kGramLanes));                        // of the sample

  void add_sample(const float* x, const float* t, std::int64_t rows, double mean_factor) {
    std::fill(sums.begin(), sums.end(), 0.0);
    for (std::int64_t row = 0; row < rows; row += kGramRows) {
      const std::int64_t count = std::min(kGramRows, rows - row);
      gather(of.x_, x, row, count, 0);
      gather(of.t_, t, row, count, of.shape_.columns);
      gram_side_by_side(slice.data(), count, of.shape_.columns, elements, products.data());
    }
    if (mean_factor == 0) return;
    for (std::int64_t e = 0; e < elements; ++e) {
      for (std::int64_t l = 0; l < kGramLanes; ++l) {
        slice[static_cast<std::size_t>(e * kGramRows * kGramLanes + l)] = static_cast<float>(sums[static_cast<std::size_t>(e * kGramLanes + l)] * mean_factor);
      }
    }
    gram_side_by_side(slice.data(), 1, of.shape_.columns, elements, products.data());
  }

  void gather(const Side& side, const float* rows, std::int64_t row, std::int64_t count, std::int64_t before) {
    const std::int64_t groups = of.shape_.groups;
    for (std::int64_t e = 0; e < side.elements; ++e) {
      const std::int64_t column = e * groups + first;
      const float *shift = &side.shift[static_cast<std::size_t>(column)], *inverse = &side.inverse[static_cast<std::size_t>(column)];
      float* to = &slice[static_cast<std::size_t>((before + e) * kGramRows * kGramLanes)];
      double* sum = &sums[static_cast<std::size_t>((before + e) * kGramLanes)];
      const float* from = rows + row * side.elements * groups + column;
      if (lanes == kGramLanes) {
        centre_lanes(from, shift, inverse, count, side.elements * groups, to, sum);
      } else {
        for (std::int64_t r = 0; r < count; ++r) centre(from + r * side.elements * groups, shift, inverse, lanes, to + r * kGramLanes, sum);
      }
    }
  }
};

void Moments::add_side_by_side(const RowBlock& block, std::int64_t first_group) {
  const std::int64_t each = block.rows / block.samples, groups = shape_.groups, columns = shape_.columns, targets = shape_.targets;
  const double mean_factor = mean_row_factor(each) / static_cast<double>(each);
  SamplesOfChunk chunk{*this, first_group, std::min(kGramLanes, groups - first_group)};
  std::int64_t rows = 0;
  for (std::int64_t s = 0; s < block.samples; ++s) {
    chunk.add_sample(block.x + s * each * columns * groups, block.t + s * each * targets * groups, each, mean_factor);
    for (std::int64_t l = 0; l < chunk.lanes; ++l) {
      for (std::int64_t e = 0; e < chunk.elements; ++e) {
        const bool of_x = e < columns;
        (of_x ? x_ : t_).sum[static_cast<std::size_t>((of_x ? e : e - columns) * groups + first_group + l)] += chunk.sums[static_cast<std::size_t>(e * kGramLanes + l)];
      }
    }
    rows += each;
    if (rows + each <= kChunk && s + 1 < block.samples) continue;
    for (std::int64_t l = 0; l < chunk.lanes; ++l) {
      double *gram = &gram_[static_cast<std::size_t>((first_group + l) * columns * columns)], *cross = &cross_[static_cast<std::size_t>((first_group + l) * columns * targets)];
      for (std::int64_t i = 0; i < columns; ++i) {
        const float* product = &chunk.products[static_cast<std::size_t>(i * chunk.elements * kGramLanes + l)];
        for (std::int64_t j = i; j < columns; ++j) gram[i * columns + j] += product[j * kGramLanes];
        for (std::int64_t j = 0; j < targets; ++j) cross[i * targets + j] += product[(columns + j) * kGramLanes];
      }
    }
    std::fill(chunk.products.begin(), chunk.products.end(), 0.0f);
    rows = 0;
  }
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
