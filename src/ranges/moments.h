// Second moments of a layer's inputs, streamed: what rounding and bias correction need to know of the data.
//
// x^: rows of the network quantized so far (one sampled patch a row, K elements: input channels of the group and kernel
// positions in the weight's order); t: what the layer should make of them, an element a channel. Per group of a grouped convolution.
// Source: METHODS 3.4; Nagel et al. 2021, section 3.4; the asymmetric target as in GPTAQ (Li 2025).
#pragma once

#include <cstdint>
#include <vector>

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
  explicit Moments(const MomentsShape& shape) : shape_(shape), parts_(static_cast<std::size_t>(shape.groups)) {}

  // Adds rows of each group, [group][rows x columns] and [group][rows x targets]: `samples` samples of as many rows each.
  // Float32 sums over whole samples, of about kChunk rows, are merged in float64.
  void add(const std::vector<std::vector<float>>& quantized, const std::vector<std::vector<float>>& target, std::int64_t rows, std::int64_t samples, int threads);

  const MomentsShape& shape() const { return shape_; }
  std::int64_t rows() const { return rows_; }

  std::vector<double> mean(std::int64_t group) const;         // of x^: [columns]
  std::vector<double> mean_target(std::int64_t group) const;  // of t: [targets]
  std::vector<double> covariance(std::int64_t group) const;   // H: [columns, columns]
  std::vector<double> cross(std::int64_t group) const;        // the same of x^ and t: [columns, targets]

  // Bytes that the moments of such a layer take.
  static std::uint64_t bytes(const MomentsShape& shape);

 private:
  struct Group {
    std::vector<float> shift, shift_target;  // the first chunk's means: taken off before squaring
    float unit = 1, unit_target = 1;         // and divided by before
    std::vector<double> sum, sum_target, gram, cross;  // gram: at and right of the diagonal
  };
  void add_group(Group& group, const std::vector<float>& quantized, const std::vector<float>& target, std::int64_t rows, std::int64_t samples, int threads) const;

  static constexpr std::int64_t kChunk = 1024, kStripe = 128;  // rows summed in float32; rows of a matrix that one thread makes
  const MomentsShape shape_;
  std::int64_t rows_ = 0;
  std::vector<Group> parts_;
};

}  // namespace halftone
