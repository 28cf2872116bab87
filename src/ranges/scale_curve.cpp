#include "ranges/scale_curve.h"

#include <algorithm>
#include <cmath>

#include "ranges/estimators.h"

namespace halftone {

ScaleCurve::ScaleCurve(std::vector<Histogram::Bin> bins, const Encoding& grid) : grid_(grid), bins_(std::move(bins)) {
  double count = 0, sum = 0, squares = 0;
  const auto note = [&] {
    counts_.push_back(count);
    sums_.push_back(sum);
    squares_.push_back(squares);
  };
  note();
  for (const Histogram::Bin& bin : bins_) {
    whole_ += bin.count;
    count += bin.clipped;
    sum += bin.clipped * bin.centre;
    squares += bin.clipped * bin.centre * bin.centre;
    note();
  }
}

float ScaleCurve::scale_of(int rung) { return static_cast<float>(std::exp2(static_cast<double>(rung) / kRungsInOctave)); }

int ScaleCurve::rung_near(float scale) { return static_cast<int>(std::nearbyint(std::log2(static_cast<double>(scale)) * kRungsInOctave)); }

const ScaleCurve::Loss& ScaleCurve::at(int rung) {
  const auto found = known_.find(rung);
  return found != known_.end() ? found->second : known_.emplace(rung, loss_at(scale_of(rung))).first->second;
}

double ScaleCurve::on(const Encoding& grid) const { return whole_ > 0 ? grid_error(bins_, grid) / whole_ : 0; }

ScaleCurve::Loss ScaleCurve::loss_at(double scale) const {
  Encoding grid = grid_;
  grid.scale = {static_cast<float>(scale)};
  grid.zero_point = {zero_point_for(scale)};
  return {grid.zero_point[0], clipped_at(scale, grid.zero_point[0]), on(grid)};
}

// What is clipped below falls with the zero_point, what is clipped above grows, and their sum is convex: it falls, stays, and
// rises. Where it stays the room is shared between both ends, unless values lie on one side of 0 alone.
std::int32_t ScaleCurve::zero_point_for(double scale) const {
  if (grid_.symmetric) return symmetric_zero_point(grid_);
  if (bins_.empty() || bins_.front().centre >= 0) return grid_.code_min();
  if (bins_.back().centre <= 0) return grid_.code_max();
  const auto first_with = [&](const auto& holds) {
    std::int32_t low = grid_.code_min(), high = grid_.code_max();
    while (low < high) {
      const std::int32_t middle = low + (high - low) / 2;
      if (holds(clipped_at(scale, middle), clipped_at(scale, middle + 1))) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  };
  const std::int32_t stays = first_with([](double here, double next) { return next >= here; });
  const std::int32_t rises = first_with([](double here, double next) { return next > here; });
  return stays + (rises - stays) / 2;
}

double ScaleCurve::clipped_at(double scale, std::int32_t zero_point) const {
  const double low = scale * (grid_.code_min() - zero_point), high = scale * (grid_.code_max() - zero_point);
  const auto place = [&](double end) {
    return static_cast<std::size_t>(std::lower_bound(bins_.begin(), bins_.end(), end, [](const Histogram::Bin& bin, double x) { return bin.centre < x; }) - bins_.begin());
  };
  const auto beyond = [&](std::size_t first, std::size_t last, double end) {
    return (squares_[last] - squares_[first]) - 2 * end * (sums_[last] - sums_[first]) + end * end * (counts_[last] - counts_[first]);
  };
  return whole_ > 0 ? std::max(0.0, (beyond(0, place(low), low) + beyond(place(high), bins_.size(), high)) / whole_) : 0;
}

}  // namespace halftone
