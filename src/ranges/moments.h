// Second moments of a layer's inputs, streamed: what rounding and bias correction need to know of the data.
//
// x^: rows of the network quantized so far (one sampled patch a row, K elements: input channels of the group and kernel
// positions in the weight's order); t: what the layer should make of them, an element a channel. Per group of a grouped convolution.
// Source: METHODS 3.4; Nagel et al. 2021, section 3.4; the asymmetric target as in GPTAQ (Li 2025).
#pragma once

#include <cstdint>
#include <vector>

#include "ranges/rows.h"

namespace halftone {

// Mean squares E over rows, and with `coherence` c besides them those of each sample's mean row: an error that is the same all
// over a picture reaches the result whole, one that differs from position to position averages out on the way.
//     H = E x^ x^T + c E m m^T - (1 + c) mu mu^T,   m = mean of a sample's rows
struct MomentsShape {
  std::int64_t groups = 1, columns = 0, targets = 0;  // elements of x^ and of t, of each group
  double coherence = 0;
  bool centred = true;  // false: mu = 0, for layers that have no bias to mend a mean with
};

class Moments {
 public:
  explicit Moments(const MomentsShape& shape);

  // Float32 sums over whole samples, of about kChunk rows, are merged in float64.
  void add(const RowBlock& block, int threads);

  const MomentsShape& shape() const { return shape_; }
  std::int64_t rows() const { return rows_; }

  std::vector<double> mean(std::int64_t group) const;         // of x^: [columns]
  std::vector<double> mean_target(std::int64_t group) const;  // of t: [targets]
  std::vector<double> covariance(std::int64_t group) const;   // H: [columns, columns]
  std::vector<double> cross(std::int64_t group) const;        // the same of x^ and t: [columns, targets]

  // Bytes that the moments of such a layer take.
  static std::uint64_t bytes(const MomentsShape& shape);

 private:
  struct Cut;
  // One side's elements, [elements][groups]: the first rows' means are taken off before squaring, and a power of two a group
  // is divided by.
  struct Side {
    std::int64_t elements = 0;
    std::vector<float> shift, inverse;  // inverse of the unit, repeated for each element
    std::vector<double> sum;
    std::vector<float> chunks;          // centred rows; scratch

    void begin(const float* rows, std::int64_t count, std::int64_t groups, bool centred, int threads);
    double unit(std::int64_t group) const { return 1.0 / inverse[static_cast<std::size_t>(group)]; }
    std::vector<double> sums_of(std::int64_t group) const;
    std::vector<double> means_of(std::int64_t group, double rows) const;
    void cut_into_chunks(const float* rows, const Cut& cut, int threads);
  };
  class SideBySide;
  void add_side_by_side(const RowBlock& block, std::int64_t first_group);
  void add_dense(const RowBlock& block, int threads);
  double mean_row_factor(std::int64_t rows_of_sample) const;
  std::vector<double> centred(std::vector<double> products, const Side& right, std::int64_t group) const;

  static constexpr std::int64_t kChunk = 1024;  // rows summed in float32
  const MomentsShape shape_;
  std::int64_t rows_ = 0;
  Side x_, t_;
  std::vector<double> gram_, cross_;          // [groups][columns, columns or targets]; of gram_ at and right of the diagonal
};

}  // namespace halftone
