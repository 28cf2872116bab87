#include "ranges/clamped_means.h"

#include <algorithm>
#include <cmath>

#include "base/parallel.h"
#include "kernels/dense.h"
#include "kernels/statistics.h"

namespace halftone {
namespace {

constexpr std::int64_t kRows = 2048, kFloats = 8 << 20;  // kept at most
constexpr std::int64_t kLanes = 16;                      // channels at once

double clamped_mean(const std::vector<float>& values, double shift, const Clamp& clamp) {
  return clamped_sum(values.data(), std::ssize(values), shift, clamp.low, clamp.high) / static_cast<double>(values.size());
}

// The shift of `made` with which its clamped mean is that of `wanted`: the mean grows with the shift.
double matching_shift(const std::vector<float>& made, const std::vector<float>& wanted, const Clamp& clamp) {
  constexpr int kHalvings = 20;
  double squares = 0;
  for (std::size_t i = 0; i < made.size(); ++i) squares += std::pow(static_cast<double>(made[i]) - wanted[i], 2);
  const double mean = clamped_mean(wanted, 0, clamp), reach = 2 * std::sqrt(squares / static_cast<double>(made.size()));
  double low = -reach, high = reach;
  if (clamped_mean(made, low, clamp) >= mean || clamped_mean(made, high, clamp) <= mean) return 0;  // hardly ever active, or always clipped
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = 0.5 * (low + high);
    (clamped_mean(made, middle, clamp) < mean ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

}  // namespace

std::int64_t KeptRows::apart(const LayerRows& shape) {
  const std::int64_t limit = std::clamp<std::int64_t>(kFloats / shape.width(), 1, kRows);
  return std::max<std::int64_t>(1, (shape.rows + limit - 1) / limit);
}

std::int64_t KeptRows::most(const LayerRows& shape) {
  return shape.clamp ? (shape.rows + shape.rows / 4) / apart(shape) + 1 : 0;  // whole batches come
}

std::uint64_t KeptRows::bytes(const LayerRows& shape) { return static_cast<std::uint64_t>(most(shape) * (shape.width() + shape.target_width())) * sizeof(float); }

void KeptRows::begin(const LayerRows& shape) {
  shape_ = shape;
  every_ = apart(shape);
  seen_ = rows_ = 0;
  const auto make_room = [&](std::vector<float>& rows, std::int64_t width) {
    const auto size = static_cast<std::size_t>(most(shape) * width);
    if (rows.size() >= size) return;
    std::vector<float>().swap(rows);  // before it grows: not both at once
    rows.resize(size);
  };
  make_room(x_, shape.width());
  make_room(t_, shape.target_width());
}

void KeptRows::add(const RowBlock& block, int threads) {
  if (!shape_.clamp) return;
  const std::int64_t first = (every_ - seen_ % every_) % every_, more = block.rows > first ? (block.rows - first - 1) / every_ + 1 : 0;
  const auto keep = [&](const float* rows, std::int64_t width, std::vector<float>& kept) {
    kept.resize(std::max(kept.size(), static_cast<std::size_t>((rows_ + more) * width)));
    parallel_blocks(more, std::max<std::int64_t>(1, (1 << 15) / width), threads, [&](std::int64_t from, std::int64_t end) {
      for (std::int64_t i = from; i < end; ++i) std::copy_n(rows + (first + i * every_) * width, width, kept.data() + (rows_ + i) * width);
    });
  };
  keep(block.x, shape_.width(), x_);
  keep(block.t, shape_.target_width(), t_);
  seen_ += block.rows;
  rows_ += more;
}

std::vector<double> KeptRows::fit_biases(const std::vector<float>& weights, const std::vector<double>& biases, int threads) const {
  std::vector<double> fitted = biases;
  if (!shape_.clamp) return fitted;
  const std::int64_t groups = shape_.groups, targets = shape_.targets;
  // Of the only group several channels at once, of many groups one channel each.
  const std::int64_t channels_at_once = groups == 1 ? kLanes : 1, groups_at_once = groups == 1 ? 1 : kLanes;
  parallel_blocks(groups, groups_at_once, groups == 1 ? 1 : threads, [&](std::int64_t first_group, std::int64_t end_group) {
    parallel_blocks(targets, channels_at_once, groups == 1 ? threads : 1, [&](std::int64_t first, std::int64_t end) {
      const std::vector<float> made = groups == 1 ? made_by_channels(weights, first, end) : made_by_groups(weights, first_group, end_group, first);
      std::size_t place = 0;
      for (std::int64_t g = first_group; g < end_group; ++g) {
        for (std::int64_t t = first; t < end; ++t, ++place) {
          const auto c = static_cast<std::size_t>(g * targets + t);
          fitted[c] += shift_of(made.data() + place * static_cast<std::size_t>(rows_), static_cast<float>(biases[c]), t * groups + g);
        }
      }
    });
  });
  return fitted;
}

// For a channel that makes made + bias of the rows where they want column `target` of t.
double KeptRows::shift_of(const float* made, float bias, std::int64_t target) const {
  std::vector<float> results(made, made + rows_), wanted(results.size());
  for (float& y : results) y += bias;
  for (std::size_t r = 0; r < wanted.size(); ++r) wanted[r] = t_[r * static_cast<std::size_t>(shape_.target_width()) + static_cast<std::size_t>(target)];
  return matching_shift(results, wanted, *shape_.clamp);
}

std::vector<float> KeptRows::made_by_channels(const std::vector<float>& weights, std::int64_t first, std::int64_t end) const {
  std::vector<float> made(static_cast<std::size_t>((end - first) * rows_));
  multiply_transposed(&weights[static_cast<std::size_t>(first * shape_.columns)], x_.data(), end - first, rows_, shape_.columns, made.data());
  return made;
}

std::vector<float> KeptRows::made_by_groups(const std::vector<float>& weights, std::int64_t first, std::int64_t end, std::int64_t target) const {
  const std::int64_t columns = shape_.columns, lanes = end - first;
  std::vector<float> made(static_cast<std::size_t>(lanes * rows_)), turned(static_cast<std::size_t>(columns * kLanes));
  for (std::int64_t l = 0; l < lanes; ++l) {
    for (std::int64_t k = 0; k < columns; ++k) turned[static_cast<std::size_t>(k * kLanes + l)] = weights[static_cast<std::size_t>(((first + l) * shape_.targets + target) * columns + k)];
  }
  for (std::int64_t r = 0; r < rows_; ++r) {
    float sums[kLanes] = {};
    for (std::int64_t k = 0; k < columns; ++k) {
      const float* x = &x_[static_cast<std::size_t>(r * shape_.width() + k * shape_.groups + first)];
      for (std::int64_t l = 0; l < lanes; ++l) sums[l] += x[l] * turned[static_cast<std::size_t>(k * kLanes + l)];
    }
    for (std::int64_t l = 0; l < lanes; ++l) made[static_cast<std::size_t>(l * rows_ + r)] = sums[l];
  }
  return made;
}

}  // namespace halftone
