#include "ranges/moments.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/error.h"
#include "base/parallel.h"
#include "kernels/dense.h"

namespace halftone {
namespace {

std::vector<float> means(const float* rows, std::int64_t count, std::int64_t columns) {
  std::vector<double> sums(static_cast<std::size_t>(columns), 0.0);
  for (std::int64_t r = 0; r < count; ++r) {
    for (std::int64_t c = 0; c < columns; ++c) sums[static_cast<std::size_t>(c)] += rows[r * columns + c];
  }
  std::vector<float> result(sums.size());
  for (std::size_t c = 0; c < sums.size(); ++c) result[c] = static_cast<float>(sums[c] / static_cast<double>(count));
  return result;
}

// The power of two next below the largest |row - shift|: dividing by it changes no bit and keeps squares within float32.
float unit_of(const float* rows, std::int64_t count, const std::vector<float>& shift) {
  float largest = 0;
  for (std::int64_t r = 0; r < count; ++r, rows += shift.size()) {
    for (std::size_t c = 0; c < shift.size(); ++c) largest = std::max(largest, std::fabs(rows[c] - shift[c]));
  }
  return largest > 0 ? std::ldexp(1.0f, std::clamp(std::ilogb(largest), -120, 120)) : 1.0f;
}

// Rows of whole samples with the shift taken off, in the unit, behind them each sample's mean row times `factor` (0: none).
struct Chunk {
  std::vector<float> rows;
  std::int64_t columns;
  std::vector<double> sums;  // of the rows alone

  Chunk(const float* from, std::int64_t samples, std::int64_t each, const std::vector<float>& shift, float unit, double factor) : columns(std::ssize(shift)), sums(shift.size(), 0.0) {
    const std::size_t width = shift.size();
    const float inverse = 1 / unit;
    rows.reserve(static_cast<std::size_t>(samples * (each + (factor > 0 ? 1 : 0))) * width);
    std::vector<float> means;
    std::vector<double> sum(width);
    for (std::int64_t s = 0; s < samples; ++s) {
      std::fill(sum.begin(), sum.end(), 0.0);
      for (std::int64_t r = 0; r < each; ++r, from += width) {
        const std::size_t at = rows.size();
        rows.resize(at + width);
        for (std::size_t c = 0; c < width; ++c) rows[at + c] = (from[c] - shift[c]) * inverse;
        for (std::size_t c = 0; c < width; ++c) sum[c] += rows[at + c];
      }
      for (std::size_t c = 0; c < width; ++c) sums[c] += sum[c];
      if (factor == 0) continue;
      for (double x : sum) means.push_back(static_cast<float>(x * factor / static_cast<double>(each)));
    }
    rows.insert(rows.end(), means.begin(), means.end());
  }

  std::int64_t count() const { return std::ssize(rows) / columns; }
};

void merge(const std::vector<double>& part, std::vector<double>& total) {
  for (std::size_t i = 0; i < total.size(); ++i) total[i] += part[i];
}

// Adds rows [first, end) of a chunk's product a^T b, columns from `from` on.
void merge_stripe(const Chunk& a, const Chunk& b, std::int64_t first, std::int64_t end, std::int64_t from, std::vector<double>& total) {
  const std::int64_t columns = b.columns, width = columns - from;
  std::vector<float> block(static_cast<std::size_t>((end - first) * width));
  gram_stripe({a.rows.data(), a.columns}, {b.rows.data(), columns}, a.count(), {first, end, from}, block.data());
  for (std::int64_t i = first; i < end; ++i) {
    for (std::int64_t j = 0; j < width; ++j) total[static_cast<std::size_t>(i * columns + from + j)] += block[static_cast<std::size_t>((i - first) * width + j)];
  }
}

// (gram / rows - weight * means of left * means of right) * unit
std::vector<double> centred(const std::vector<double>& gram, const std::vector<double>& left, const std::vector<double>& right, double rows, double weight, double unit) {
  const std::size_t columns = right.size();
  std::vector<double> result(gram.size());
  for (std::size_t i = 0; i < left.size(); ++i) {
    for (std::size_t j = 0; j < columns; ++j) result[i * columns + j] = (gram[i * columns + j] / rows - weight * (left[i] / rows * (right[j] / rows))) * unit;
  }
  return result;
}

std::vector<double> shifted_back(const std::vector<double>& sum, const std::vector<float>& shift, double rows, double unit) {
  std::vector<double> result(sum.size());
  for (std::size_t i = 0; i < sum.size(); ++i) result[i] = shift[i] + sum[i] / rows * unit;
  return result;
}

}  // namespace

std::uint64_t Moments::bytes(const MomentsShape& shape) {
  const std::int64_t elements = (shape.columns + 1) * (shape.columns + shape.targets) + shape.columns + shape.targets;
  return static_cast<std::uint64_t>(shape.groups * elements) * sizeof(double);
}

void Moments::add(const std::vector<std::vector<float>>& quantized, const std::vector<std::vector<float>>& target, std::int64_t rows, std::int64_t samples, int threads) {
  if (rows == 0) return;
  HALFTONE_CHECK(rows % samples == 0);
  const int outer = shape_.groups > 1 ? threads : 1, inner = shape_.groups > 1 ? 1 : threads;
  parallel_for(shape_.groups, outer, [&](std::int64_t g) {
    const auto i = static_cast<std::size_t>(g);
    add_group(parts_[i], quantized[i], target[i], rows, samples, inner);
  });
  rows_ += rows;
}

void Moments::add_group(Group& group, const std::vector<float>& quantized, const std::vector<float>& target, std::int64_t rows, std::int64_t samples, int threads) const {
  const auto columns = static_cast<std::size_t>(shape_.columns), targets = static_cast<std::size_t>(shape_.targets);
  if (group.sum.empty()) {
    const std::int64_t some = std::min(rows, kChunk);
    group.shift.assign(columns, 0.0f);
    group.shift_target.assign(targets, 0.0f);
    if (shape_.centred) {
      group.shift = means(quantized.data(), some, shape_.columns);
      group.shift_target = means(target.data(), some, shape_.targets);
    }
    group.unit = unit_of(quantized.data(), some, group.shift);
    group.unit_target = unit_of(target.data(), some, group.shift_target);
    group.sum.assign(columns, 0.0);
    group.sum_target.assign(targets, 0.0);
    group.gram.assign(columns * columns, 0.0);
    group.cross.assign(columns * targets, 0.0);
  }
  const std::int64_t each = rows / samples, samples_of_chunk = std::max<std::int64_t>(1, kChunk / each), chunks = (samples + samples_of_chunk - 1) / samples_of_chunk;
  const double factor = std::sqrt(shape_.coherence * static_cast<double>(each));  // a mean weighs as much as its sample's rows
  std::vector<std::optional<Chunk>> x(static_cast<std::size_t>(chunks)), t(x.size());
  parallel_for(chunks, threads, [&](std::int64_t c) {
    const std::int64_t first = c * samples_of_chunk, count = std::min(samples_of_chunk, samples - first), row = first * each;
    x[static_cast<std::size_t>(c)].emplace(quantized.data() + row * shape_.columns, count, each, group.shift, group.unit, factor);
    t[static_cast<std::size_t>(c)].emplace(target.data() + row * shape_.targets, count, each, group.shift_target, group.unit_target, factor);
  });
  for (std::size_t c = 0; c < x.size(); ++c) {
    merge(x[c]->sums, group.sum);
    merge(t[c]->sums, group.sum_target);
  }
  parallel_blocks(shape_.columns, kStripe, threads, [&](std::int64_t first, std::int64_t end) {
    for (std::size_t c = 0; c < x.size(); ++c) {
      merge_stripe(*x[c], *x[c], first, end, first, group.gram);
      merge_stripe(*x[c], *t[c], first, end, 0, group.cross);
    }
  });
}

std::vector<double> Moments::mean(std::int64_t g) const {
  const Group& group = parts_[static_cast<std::size_t>(g)];
  return shifted_back(group.sum, group.shift, static_cast<double>(rows_), group.unit);
}

std::vector<double> Moments::mean_target(std::int64_t g) const {
  const Group& group = parts_[static_cast<std::size_t>(g)];
  return shifted_back(group.sum_target, group.shift_target, static_cast<double>(rows_), group.unit_target);
}

std::vector<double> Moments::covariance(std::int64_t g) const {
  const Group& group = parts_[static_cast<std::size_t>(g)];
  std::vector<double> gram = group.gram;
  const auto columns = static_cast<std::size_t>(shape_.columns);
  for (std::size_t i = 0; i < columns; ++i) {
    for (std::size_t j = 0; j < i; ++j) gram[i * columns + j] = gram[j * columns + i];
  }
  return centred(gram, group.sum, group.sum, static_cast<double>(rows_), shape_.centred ? 1 + shape_.coherence : 0, std::pow(static_cast<double>(group.unit), 2));
}

std::vector<double> Moments::cross(std::int64_t g) const {
  const Group& group = parts_[static_cast<std::size_t>(g)];
  return centred(group.cross, group.sum, group.sum_target, static_cast<double>(rows_), shape_.centred ? 1 + shape_.coherence : 0, static_cast<double>(group.unit) * group.unit_target);
}

}  // namespace halftone
