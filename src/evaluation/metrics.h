// Figures of a network's outputs, streamed: add batches, then read the result.
//
// KL is the mean over samples (and pixels) of KL(softmax(float) || softmax(this)) in nats; SQNR is
// 10 log10(sum f^2 / sum (f - q)^2) over all outputs and samples. Sums are float64, in the order of the samples.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "tensor/tensor.h"

namespace halftone {

// Scores [samples, classes, pixels...] read class by class: axis 1, or the last axis of a rank-3 tensor.
struct ClassWalk {
  std::int64_t samples = 0, classes = 0, pixels = 0;
  std::int64_t class_stride = 0, pixel_stride = 0;
};
ClassWalk class_walk(const Shape& shape);

// SQNR of q against f; null: identical.
std::optional<double> sqnr_db(std::span<const float> f, std::span<const float> q);

class Comparison {
 public:
  void add(const Tensor& reference, const Tensor& tested);  // float32, of one shape. Throws Error otherwise

  double kl() const;                        // nats; NaN without samples
  double same_top1() const;                 // per cent
  std::optional<double> sqnr_db() const;    // null: identical (or nothing compared)

 private:
  double kl_sum_ = 0, signal_ = 0, noise_ = 0;
  std::int64_t count_ = 0, same_ = 0;
};

class Accuracy {
 public:
  explicit Accuracy(std::int64_t ignored) : ignored_(ignored) {}  // samples of this class are not counted; -1: unlabelled ones
  void add(const Tensor& scores, std::span<const std::int64_t> labels);  // one label a sample, below the number of classes

  double top1() const;  // per cent
  double top5() const;

 private:
  std::int64_t ignored_;
  std::int64_t count_ = 0, first_ = 0, five_ = 0;
};

// Mean intersection over union of classes; a class that neither labels nor predictions hold does not count.
class IntersectionOverUnion {
 public:
  explicit IntersectionOverUnion(std::int64_t ignored) : ignored_(ignored) {}  // -1: none
  void add(const Tensor& scores, std::int64_t sample, std::span<const std::uint8_t> labels);

  double mean() const;  // per cent

 private:
  std::int64_t ignored_;
  std::int64_t classes_ = 0;
  std::vector<std::int64_t> both_, labelled_, predicted_;
};

// The class with the largest score; among equal ones the first.
std::int64_t best_class(const float* scores, const ClassWalk& walk);

}  // namespace halftone
