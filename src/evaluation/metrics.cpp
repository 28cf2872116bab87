#include "evaluation/metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace halftone {

ClassWalk class_walk(const Shape& shape) {
  ClassWalk walk;
  if (shape.size() < 2) {
    walk.samples = shape.empty() ? 1 : shape[0];
    walk.classes = walk.pixels = walk.class_stride = 1;
    return walk;
  }
  walk.samples = shape[0];
  const bool last = shape.size() == 3;
  walk.classes = last ? shape[2] : shape[1];
  walk.pixels = 1;
  for (std::size_t i = 1; i < shape.size(); ++i) walk.pixels *= i == (last ? 2u : 1u) ? 1 : shape[i];
  walk.class_stride = last ? 1 : walk.pixels;
  walk.pixel_stride = last ? walk.classes : 1;
  return walk;
}

std::int64_t best_class(const float* scores, const ClassWalk& walk) {
  std::int64_t best = 0;
  for (std::int64_t c = 1; c < walk.classes; ++c) {
    if (scores[c * walk.class_stride] > scores[best * walk.class_stride]) best = c;
  }
  return best;
}

namespace {

// log(sum exp(x)) over the classes of one pixel.
double log_sum_exp(const float* x, const ClassWalk& walk) {
  double most = -std::numeric_limits<double>::infinity();
  for (std::int64_t c = 0; c < walk.classes; ++c) most = std::max<double>(most, x[c * walk.class_stride]);
  double sum = 0;
  for (std::int64_t c = 0; c < walk.classes; ++c) sum += std::exp(x[c * walk.class_stride] - most);
  return most + std::log(sum);
}

double divergence(const float* f, const float* q, const ClassWalk& walk) {
  const double lf = log_sum_exp(f, walk), lq = log_sum_exp(q, walk);
  double kl = 0;
  for (std::int64_t c = 0; c < walk.classes; ++c) {
    const double log_p = f[c * walk.class_stride] - lf;
    kl += std::exp(log_p) * (log_p - (q[c * walk.class_stride] - lq));
  }
  return kl;
}

double per_cent(std::int64_t part, std::int64_t whole) { return 100.0 * static_cast<double>(part) / static_cast<double>(whole); }

}  // namespace

void Comparison::add(const Tensor& reference, const Tensor& tested) {
  if (reference.shape() != tested.shape()) {
    throw Error("the outputs of the two models differ in shape: {} and {}", to_string(reference.shape()), to_string(tested.shape()));
  }
  const ClassWalk walk = class_walk(reference.shape());
  std::span<const float> f = reference.values<float>(), q = tested.values<float>();
  for (std::int64_t s = 0; s < walk.samples; ++s) {
    for (std::int64_t p = 0; p < walk.pixels; ++p) {
      const std::int64_t at = s * walk.classes * walk.pixels + p * walk.pixel_stride;
      kl_sum_ += divergence(&f[at], &q[at], walk);
      same_ += best_class(&f[at], walk) == best_class(&q[at], walk) ? 1 : 0;
      ++count_;
    }
  }
  for (std::size_t i = 0; i < f.size(); ++i) {
    const double error = static_cast<double>(f[i]) - q[i];
    signal_ += static_cast<double>(f[i]) * f[i];
    noise_ += error * error;
  }
}

double Comparison::kl() const {
  const double mean = kl_sum_ / static_cast<double>(count_);
  return mean < 0 ? 0 : mean;  // equal networks: what rounding left
}
double Comparison::same_top1() const { return per_cent(same_, count_); }
std::optional<double> Comparison::sqnr_db() const {
  if (noise_ == 0 || count_ == 0) return std::nullopt;
  return 10 * std::log10(signal_ / noise_);
}

std::optional<double> sqnr_db(std::span<const float> f, std::span<const float> q) {
  double signal = 0, noise = 0;
  for (std::size_t i = 0; i < f.size(); ++i) {
    const double difference = static_cast<double>(f[i]) - q[i];
    signal += static_cast<double>(f[i]) * f[i];
    noise += difference * difference;
  }
  if (noise == 0) return std::nullopt;
  return 10 * std::log10(signal / noise);
}

void Accuracy::add(const Tensor& scores, std::span<const std::int64_t> labels) {
  const ClassWalk walk = class_walk(scores.shape());
  if (walk.pixels != 1) throw Error("the output {} has many pixels a sample; a class a sample does not fit it", to_string(scores.shape()));
  HALFTONE_CHECK(static_cast<std::int64_t>(labels.size()) == walk.samples);
  std::span<const float> values = scores.values<float>();
  for (std::int64_t s = 0; s < walk.samples; ++s) {
    const std::int64_t label = labels[static_cast<std::size_t>(s)];
    if (label == ignored_ || label < 0) continue;
    HALFTONE_CHECK(label < walk.classes);
    ++count_;
    const float* row = &values[static_cast<std::size_t>(s * walk.classes)];
    std::int64_t before = 0;  // classes that rank before the label
    for (std::int64_t c = 0; c < walk.classes; ++c) before += row[c] > row[label] || (row[c] == row[label] && c < label) ? 1 : 0;
    first_ += before < 1 ? 1 : 0;
    five_ += before < 5 ? 1 : 0;
  }
}

double Accuracy::top1() const { return per_cent(first_, count_); }
double Accuracy::top5() const { return per_cent(five_, count_); }

void IntersectionOverUnion::add(const Tensor& scores, std::int64_t sample, std::span<const std::uint8_t> labels) {
  const ClassWalk walk = class_walk(scores.shape());
  HALFTONE_CHECK(static_cast<std::int64_t>(labels.size()) == walk.pixels);
  classes_ = std::max<std::int64_t>(walk.classes, 256);
  for (auto* counts : {&both_, &labelled_, &predicted_}) counts->resize(static_cast<std::size_t>(classes_), 0);
  const float* values = &scores.values<float>()[static_cast<std::size_t>(sample * walk.classes * walk.pixels)];
  for (std::int64_t p = 0; p < walk.pixels; ++p) {
    const std::int64_t label = labels[static_cast<std::size_t>(p)];
    if (label == ignored_) continue;
    const std::int64_t predicted = best_class(values + p * walk.pixel_stride, walk);
    ++labelled_[static_cast<std::size_t>(label)];
    ++predicted_[static_cast<std::size_t>(predicted)];
    both_[static_cast<std::size_t>(label)] += label == predicted ? 1 : 0;
  }
}

double IntersectionOverUnion::mean() const {
  double sum = 0;
  std::int64_t classes = 0;
  for (std::size_t c = 0; c < both_.size(); ++c) {
    const std::int64_t either = labelled_[c] + predicted_[c] - both_[c];
    if (static_cast<std::int64_t>(c) == ignored_ || either == 0) continue;
    sum += static_cast<double>(both_[c]) / static_cast<double>(either);
    ++classes;
  }
  return 100 * sum / static_cast<double>(classes);
}

}  // namespace halftone
