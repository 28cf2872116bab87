#include "ranges/clamped_means.h"

#include <algorithm>
#include <cmath>

#include "base/parallel.h"
#include "kernels/dense.h"

namespace halftone {
namespace {

constexpr std::int64_t kRows = 2048, kFloats = 8 << 20;  // kept at most

double clamped_mean(const std::vector<float>& values, double shift, const Clamp& clamp) {
  double sum = 0;
  for (float x : values) sum += std::clamp<double>(x + shift, clamp.low, clamp.high);
  return sum / static_cast<double>(values.size());
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

KeptRows::KeptRows(const LayerRows& shape)
    : shape_(shape), every_(std::max<std::int64_t>(1, shape.rows / std::clamp<std::int64_t>(kFloats / (shape.groups * shape.columns), 1, kRows))),
      quantized_(static_cast<std::size_t>(shape.groups)), target_(static_cast<std::size_t>(shape.groups)) {}

void KeptRows::add(const Rows& quantized, const Rows& target, std::int64_t rows) {
  if (!shape_.clamp) return;
  for (std::int64_t r = 0; r < rows; ++r) {
    if (seen_++ % every_ != 0) continue;
    for (std::size_t g = 0; g < quantized_.size(); ++g) {
      const float *x = quantized[g].data() + r * shape_.columns, *t = target[g].data() + r * shape_.targets;
      quantized_[g].insert(quantized_[g].end(), x, x + shape_.columns);
      target_[g].insert(target_[g].end(), t, t + shape_.targets);
    }
  }
}

std::vector<double> KeptRows::fit_biases(const std::vector<float>& weights, const std::vector<double>& biases, int threads) const {
  std::vector<double> fitted = biases;
  if (!shape_.clamp) return fitted;
  const std::int64_t columns = shape_.columns, targets = shape_.targets, rows = std::ssize(quantized_[0]) / columns;
  parallel_for(std::ssize(biases), threads, [&](std::int64_t c) {
    const auto g = static_cast<std::size_t>(c / targets);
    std::vector<float> made(static_cast<std::size_t>(rows)), wanted(made.size());
    multiply_transposed(quantized_[g].data(), weights.data() + c * columns, rows, 1, columns, made.data());
    for (std::int64_t r = 0; r < rows; ++r) {
      made[static_cast<std::size_t>(r)] += static_cast<float>(biases[static_cast<std::size_t>(c)]);
      wanted[static_cast<std::size_t>(r)] = target_[g][static_cast<std::size_t>(r * targets + c % targets)];
    }
    fitted[static_cast<std::size_t>(c)] += matching_shift(made, wanted, *shape_.clamp);
  });
  return fitted;
}

}  // namespace halftone
