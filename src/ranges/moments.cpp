#include "ranges/moments.h"

#include <algorithm>
#include <cmath>

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

// A chunk of rows with the shift taken off.
struct Shifted {
  std::vector<float> rows;
  std::int64_t columns;

  Shifted(const float* from, std::int64_t count, const std::vector<float>& shift) : rows(static_cast<std::size_t>(count) * shift.size()), columns(std::ssize(shift)) {
    for (std::size_t i = 0; i < rows.size(); i += shift.size()) {
      for (std::size_t c = 0; c < shift.size(); ++c) rows[i + c] = from[i + c] - shift[c];
    }
  }
  explicit Shifted(std::int64_t width) : columns(width) {}

  std::int64_t count() const { return std::ssize(rows) / columns; }
};

void add_rows(const Shifted& chunk, std::vector<double>& sums) {
  for (std::size_t i = 0; i < chunk.rows.size(); i += sums.size()) {
    for (std::size_t c = 0; c < sums.size(); ++c) sums[c] += chunk.rows[i + c];
  }
}

// The means of `each` rows at a time, times `factor`.
Shifted sample_means(const std::vector<Shifted>& chunks, std::int64_t each, double factor) {
  Shifted means(chunks.front().columns);
  std::vector<double> sums(static_cast<std::size_t>(means.columns), 0.0);
  std::int64_t seen = 0;
  for (const Shifted& chunk : chunks) {
    for (std::int64_t r = 0; r < chunk.count(); ++r) {
      for (std::size_t c = 0; c < sums.size(); ++c) sums[c] += chunk.rows[static_cast<std::size_t>(r) * sums.size() + c];
      if (++seen % each != 0) continue;
      for (double& sum : sums) {
        means.rows.push_back(static_cast<float>(sum * factor / static_cast<double>(each)));
        sum = 0;
      }
    }
  }
  return means;
}

// Adds rows [first, end) of a chunk's product a^T b, columns from `from` on.
void merge_stripe(const Shifted& a, const Shifted& b, std::int64_t first, std::int64_t end, std::int64_t from, std::vector<double>& total) {
  const std::int64_t columns = b.columns, width = columns - from;
  std::vector<float> block(static_cast<std::size_t>((end - first) * width));
  gram_stripe({a.rows.data(), a.columns}, {b.rows.data(), columns}, a.count(), {first, end, from}, block.data());
  for (std::int64_t i = first; i < end; ++i) {
    for (std::int64_t j = 0; j < width; ++j) total[static_cast<std::size_t>(i * columns + from + j)] += block[static_cast<std::size_t>((i - first) * width + j)];
  }
}

// gram / rows - weight * means of left * means of right
std::vector<double> centred(const std::vector<double>& gram, const std::vector<double>& left, const std::vector<double>& right, double rows, double weight) {
  const std::size_t columns = right.size();
  std::vector<double> result(gram.size());
  for (std::size_t i = 0; i < left.size(); ++i) {
    for (std::size_t j = 0; j < columns; ++j) result[i * columns + j] = gram[i * columns + j] / rows - weight * (left[i] / rows * (right[j] / rows));
  }
  return result;
}

std::vector<double> shifted_back(const std::vector<double>& sum, const std::vector<float>& shift, double rows) {
  std::vector<double> result(sum.size());
  for (std::size_t i = 0; i < sum.size(); ++i) result[i] = shift[i] + sum[i] / rows;
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
    group.sum.assign(columns, 0.0);
    group.sum_target.assign(targets, 0.0);
    group.gram.assign(columns * columns, 0.0);
    group.cross.assign(columns * targets, 0.0);
  }
  std::vector<Shifted> x, t;
  for (std::int64_t first = 0; first < rows; first += kChunk) {
    const std::int64_t count = std::min(kChunk, rows - first);
    x.emplace_back(quantized.data() + first * shape_.columns, count, group.shift);
    t.emplace_back(target.data() + first * shape_.targets, count, group.shift_target);
    add_rows(x.back(), group.sum);
    add_rows(t.back(), group.sum_target);
  }
  if (shape_.coherence > 0) {
    const std::int64_t each = rows / samples;
    const double factor = std::sqrt(shape_.coherence * static_cast<double>(each));  // as much as the sample's rows weigh
    x.push_back(sample_means(x, each, factor));
    t.push_back(sample_means(t, each, factor));
  }
  parallel_blocks(shape_.columns, kStripe, threads, [&](std::int64_t first, std::int64_t end) {
    for (std::size_t c = 0; c < x.size(); ++c) {
      merge_stripe(x[c], x[c], first, end, first, group.gram);
      merge_stripe(x[c], t[c], first, end, 0, group.cross);
    }
  });
}

std::vector<double> Moments::mean(std::int64_t g) const {
  const Group& group = parts_[static_cast<std::size_t>(g)];
  return shifted_back(group.sum, group.shift, static_cast<double>(rows_));
}

std::vector<double> Moments::mean_target(std::int64_t g) const {
  const Group& group = parts_[static_cast<std::size_t>(g)];
  return shifted_back(group.sum_target, group.shift_target, static_cast<double>(rows_));
}

std::vector<double> Moments::covariance(std::int64_t g) const {
  const Group& group = parts_[static_cast<std::size_t>(g)];
  std::vector<double> gram = group.gram;
  const auto columns = static_cast<std::size_t>(shape_.columns);
  for (std::size_t i = 0; i < columns; ++i) {
    for (std::size_t j = 0; j < i; ++j) gram[i * columns + j] = gram[j * columns + i];
  }
  return centred(gram, group.sum, group.sum, static_cast<double>(rows_), shape_.centred ? 1 + shape_.coherence : 0);
}

std::vector<double> Moments::cross(std::int64_t g) const {
  const Group& group = parts_[static_cast<std::size_t>(g)];
  return centred(group.cross, group.sum, group.sum_target, static_cast<double>(rows_), shape_.centred ? 1 + shape_.coherence : 0);
}

}  // namespace halftone
