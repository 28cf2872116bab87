// NonMaxSuppression: of each class, the boxes by falling score, without those that overlap one taken before by more than
// iou_threshold; [count, 3]: batch, class, box. Scores must be above score_threshold. ONNX since 10.
#include <algorithm>
#include <cmath>

#include "operators/one_number.h"

namespace halftone {
namespace {

struct Box {
  float top = 0, left = 0, bottom = 0, right = 0;
  float area() const { return (bottom - top) * (right - left); }
};

// Four numbers: two opposite corners, or centre x, y and width, height.
Box box_of(const float* b, bool center) {
  if (center) return {b[1] - b[3] / 2, b[0] - b[2] / 2, b[1] + b[3] / 2, b[0] + b[2] / 2};
  return {std::min(b[0], b[2]), std::min(b[1], b[3]), std::max(b[0], b[2]), std::max(b[1], b[3])};
}

bool overlaps(const Box& a, const Box& b, float threshold) {
  const float height = std::min(a.bottom, b.bottom) - std::max(a.top, b.top), width = std::min(a.right, b.right) - std::max(a.left, b.left);
  if (!(height > 0 && width > 0)) return false;
  const float both = height * width, either = a.area() + b.area() - both;
  return either > 0 && both / either > threshold;
}

struct Limits {
  std::int64_t most = 0;
  float iou = 0;
  std::optional<float> score;
};

// nullopt: not known yet.
std::optional<Limits> limits_of(const Call& call) {
  Limits limits;
  for (std::size_t i = 2; i < 5; ++i) {
    if (!call.has(i)) continue;
    if (!knows_one_number(call, i)) return std::nullopt;
    if (i == 2) limits.most = to_int64s(call.tensor(i))[0];
    if (i == 3) limits.iou = to_floats(call.tensor(i))[0];
    if (i == 4) limits.score = to_floats(call.tensor(i))[0];
  }
  if (!(limits.iou >= 0 && limits.iou <= 1)) throw Error("its iou_threshold is {}; it must lie between 0 and 1", limits.iou);
  return limits;
}

// The boxes of one class, those with the highest scores first, the first of equals first.
std::vector<std::int64_t> by_score(const float* scores, std::int64_t count, const Limits& limits) {
  std::vector<std::int64_t> order;
  for (std::int64_t i = 0; i < count; ++i) {
    if (!std::isnan(scores[i]) && (!limits.score || scores[i] > *limits.score)) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) { return scores[a] > scores[b]; });
  return order;
}

std::vector<std::int64_t> selected(const Call& call, const Limits& limits) {
  const std::int64_t batches = call.input(1).shape[0], classes = call.input(1).shape[1], count = call.input(1).shape[2];
  const bool center = call.attributes().integer("center_point_box", 0) != 0;
  const float *numbers = call.tensor(0).values<float>().data(), *scores = call.tensor(1).values<float>().data();
  std::vector<Box> boxes(static_cast<std::size_t>(count));
  std::vector<std::int64_t> all, taken;
  for (std::int64_t batch = 0; batch < batches; ++batch) {
    for (Box& box : boxes) {
      box = box_of(numbers, center);
      numbers += 4;
    }
    for (std::int64_t c = 0; c < classes; ++c, scores += count) {
      taken.clear();
      for (std::int64_t candidate : by_score(scores, count, limits)) {
        if (std::ssize(taken) >= limits.most) break;
        const Box& box = boxes[static_cast<std::size_t>(candidate)];
        const auto hides = [&](std::int64_t other) { return overlaps(box, boxes[static_cast<std::size_t>(other)], limits.iou); };
        if (std::any_of(taken.begin(), taken.end(), hides)) continue;
        taken.push_back(candidate);
        all.insert(all.end(), {batch, c, candidate});
      }
    }
  }
  return all;
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 2, 5);
  require_float(call, 0);
  require_float(call, 1);
  const Shape &boxes = call.input(0).shape, &scores = call.input(1).shape;
  if (boxes.size() != 3 || scores.size() != 3 || boxes[2] != 4 || boxes[0] != scores[0] || boxes[1] != scores[2]) throw Error("its boxes {} and scores {} do not belong together", to_string(boxes), to_string(scores));
  const auto limits = limits_of(call);
  if (!limits || call.input(0).value == nullptr || call.input(1).value == nullptr) return std::nullopt;
  return std::vector<TensorSpec>{{DataType::int64, {std::ssize(selected(call, *limits)) / 3, 3}}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const std::vector<std::int64_t> all = selected(call, *limits_of(call));
  std::copy(all.begin(), all.end(), outputs[0].mutable_values<std::int64_t>().begin());
}

}  // namespace

extern const Operator kNonMaxSuppression{.type = "NonMaxSuppression", .since = 10, .shapes = shapes, .grid = GridRule::none, .reference = reference, .types = int64_results};

}  // namespace halftone
