#include "ranges/moments.h"

#include <algorithm>
#include <optional>

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

// A chunk of rows with the shift taken off, and its column sums.
struct Shifted {
  std::vector<float> rows;
  std::vector<double> sums;

  Shifted(const float* from, std::int64_t count, const std::vector<float>& shift) : rows(static_cast<std::size_t>(count) * shift.size()), sums(shift.size(), 0.0) {
    const std::size_t columns = shift.size();
    for (std::size_t r = 0; r < static_cast<std::size_t>(count); ++r) {
      for (std::size_t c = 0; c < columns; ++c) {
        rows[r * columns + c] = from[r * columns + c] - shift[c];
        sums[c] += rows[r * columns + c];
      }
    }
  }
};

void merge(const std::vector<double>& part, std::vector<double>& total) {
  for (std::size_t i = 0; i < total.size(); ++i) total[i] += part[i];
}

// Adds rows [first, end) of a chunk's Gram matrix, columns from `from` on.
void merge_stripe(const Shifted& a, const Shifted& b, std::int64_t columns, std::int64_t first, std::int64_t end, std::int64_t from, std::vector<double>& total) {
  const std::int64_t width = columns - from;
  std::vector<float> block(static_cast<std::size_t>((end - first) * width));
  gram_stripe(a.rows.data(), b.rows.data(), static_cast<std::int64_t>(a.rows.size()) / columns, columns, first, end, from, block.data());
  for (std::int64_t i = first; i < end; ++i) {
    for (std::int64_t j = 0; j < width; ++j) total[static_cast<std::size_t>(i * columns + from + j)] += block[static_cast<std::size_t>((i - first) * width + j)];
  }
}

std::vector<double> centred(const std::vector<double>& gram, const std::vector<double>& left, const std::vector<double>& right, double rows) {
  const std::size_t columns = left.size();
  std::vector<double> result(gram.size());
  for (std::size_t i = 0; i < columns; ++i) {
    for (std::size_t j = 0; j < columns; ++j) result[i * columns + j] = gram[i * columns + j] / rows - left[i] / rows * (right[j] / rows);
  }
  return result;
}

std::vector<double> shifted_back(const std::vector<double>& sum, const std::vector<float>& shift, double rows) {
  std::vector<double> result(sum.size());
  for (std::size_t i = 0; i < sum.size(); ++i) result[i] = shift[i] + sum[i] / rows;
  return result;
}

}  // namespace

Moments::Moments(std::int64_t groups, std::int64_t columns) : groups_(groups), columns_(columns), parts_(static_cast<std::size_t>(groups)) {}

std::uint64_t Moments::bytes(std::int64_t groups, std::int64_t columns) {
  return static_cast<std::uint64_t>(groups * columns) * (2 * static_cast<std::uint64_t>(columns) + 4) * sizeof(double);
}

void Moments::add(const std::vector<std::vector<float>>& x, const std::vector<std::vector<float>>& quantized, std::int64_t rows, int threads) {
  if (rows == 0) return;
  const int outer = groups_ > 1 ? threads : 1, inner = groups_ > 1 ? 1 : threads;
  parallel_for(groups_, outer, [&](std::int64_t g) {
    const auto i = static_cast<std::size_t>(g);
    add_group(parts_[i], x[i], quantized[i], rows, inner);
  });
  rows_ += rows;
}

void Moments::add_group(Group& group, const std::vector<float>& x, const std::vector<float>& quantized, std::int64_t rows, int threads) const {
  const auto columns = static_cast<std::size_t>(columns_);
  if (group.sum.empty()) {
    const std::int64_t some = std::min(rows, kChunk);
    group.shift = means(x.data(), some, columns_);
    group.shift_quantized = means(quantized.data(), some, columns_);
    for (auto* sums : {&group.sum, &group.sum_quantized}) sums->assign(columns, 0.0);
    for (auto* matrix : {&group.gram, &group.cross}) matrix->assign(columns * columns, 0.0);
  }
  const std::int64_t chunks = (rows + kChunk - 1) / kChunk;
  std::vector<std::optional<Shifted>> real(static_cast<std::size_t>(chunks)), rounded(real.size());
  parallel_for(chunks, threads, [&](std::int64_t c) {
    const std::int64_t first = c * kChunk, count = std::min(kChunk, rows - first);
    real[static_cast<std::size_t>(c)].emplace(x.data() + first * columns_, count, group.shift);
    rounded[static_cast<std::size_t>(c)].emplace(quantized.data() + first * columns_, count, group.shift_quantized);
  });
  for (std::size_t c = 0; c < real.size(); ++c) {
    merge(real[c]->sums, group.sum);
    merge(rounded[c]->sums, group.sum_quantized);
  }
  parallel_blocks(columns_, kStripe, threads, [&](std::int64_t first, std::int64_t end) {
    for (std::size_t c = 0; c < real.size(); ++c) {
      merge_stripe(*rounded[c], *rounded[c], columns_, first, end, first, group.gram);
      merge_stripe(*rounded[c], *real[c], columns_, first, end, 0, group.cross);
    }
  });
}

std::vector<double> Moments::mean(std::int64_t g) const {
  const Group& group = parts_[static_cast<std::size_t>(g)];
  return shifted_back(group.sum, group.shift, static_cast<double>(rows_));
}

std::vector<double> Moments::mean_quantized(std::int64_t g) const {
  const Group& group = parts_[static_cast<std::size_t>(g)];
  return shifted_back(group.sum_quantized, group.shift_quantized, static_cast<double>(rows_));
}

std::vector<double> Moments::covariance(std::int64_t g) const {
  const Group& group = parts_[static_cast<std::size_t>(g)];
  std::vector<double> gram = group.gram;
  const auto columns = static_cast<std::size_t>(columns_);
  for (std::size_t i = 0; i < columns; ++i) {
    for (std::size_t j = 0; j < i; ++j) gram[i * columns + j] = gram[j * columns + i];
  }
  return centred(gram, group.sum_quantized, group.sum_quantized, static_cast<double>(rows_));
}

std::vector<double> Moments::cross(std::int64_t g) const {
  const Group& group = parts_[static_cast<std::size_t>(g)];
  return centred(group.cross, group.sum_quantized, group.sum, static_cast<double>(rows_));
}

}  // namespace halftone
