// What a value loses on a grid as a function of the grid's scale alone.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "ranges/histogram.h"

namespace halftone {

// Scales come from one ladder, the same for all values, so that values can be asked about the same scale.
class ScaleCurve {
 public:
  // bins: in ascending order. grid: per tensor; bits, signedness and symmetry count, scale and zero_point do not.
  ScaleCurve(std::vector<Histogram::Bin> bins, const Encoding& grid);

  static constexpr int kRungsInOctave = 16;
  static float scale_of(int rung);
  static int rung_near(float scale);

  // Mean squared errors of one value on the grid that clips least at the rung's scale.
  struct Loss {
    std::int32_t zero_point = 0;
    double clipped = 0;   // by what lies beyond the ends
    double whole = 0;     // and by rounding
  };
  const Loss& at(int rung);

  // Mean squared error on a grid with a scale and a zero_point of its own.
  double on(const Encoding& grid) const;

 private:
  Loss loss_at(double scale) const;
  double clipped_at(double scale, std::int32_t zero_point) const;
  std::int32_t zero_point_for(double scale) const;

  Encoding grid_;
  std::vector<Histogram::Bin> bins_;
  double whole_ = 0;                             // count of all bins
  std::vector<double> counts_, sums_, squares_;  // of the bins before each bin, as clipping counts them
  std::map<int, Loss> known_;
};

}  // namespace halftone
