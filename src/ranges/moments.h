// Second moments of a layer's inputs, streamed: what rounding and bias correction need to know of the data.
//
// x: rows of the float network (one sampled patch a row, K elements: input channels of the group and kernel positions in
// the weight's order); x^: the same rows of the network quantized so far. Per group of a grouped convolution.
// Source: METHODS 3.4; Nagel et al. 2021, section 3.4; the asymmetric target as in GPTAQ (Li 2025).
#pragma once

#include <cstdint>
#include <vector>

namespace halftone {

class Moments {
 public:
  Moments(std::int64_t groups, std::int64_t columns);

  // Adds `rows` rows of each group: x and x^ are [group][rows x columns]. Float32 sums of at most kChunk rows are merged in
  // float64.
  void add(const std::vector<std::vector<float>>& x, const std::vector<std::vector<float>>& quantized, std::int64_t rows, int threads);

  std::int64_t groups() const { return groups_; }
  std::int64_t columns() const { return columns_; }
  std::int64_t rows() const { return rows_; }

  std::vector<double> mean(std::int64_t group) const;            // of x: [columns]
  std::vector<double> mean_quantized(std::int64_t group) const;  // of x^
  std::vector<double> covariance(std::int64_t group) const;      // Cov(x^, x^), [columns, columns]
  std::vector<double> cross(std::int64_t group) const;           // Cov(x^, x): rows x^, columns x

  // Bytes that the moments of such a layer take.
  static std::uint64_t bytes(std::int64_t groups, std::int64_t columns);

 private:
  struct Group {
    std::vector<float> shift, shift_quantized;  // the first chunk's means: taken off before squaring
    std::vector<double> sum, sum_quantized, gram, cross;  // gram: at and right of the diagonal
  };
  void add_group(Group& group, const std::vector<float>& x, const std::vector<float>& quantized, std::int64_t rows, int threads) const;

  static constexpr std::int64_t kChunk = 1024, kStripe = 128;  // rows summed in float32; rows of a matrix that one thread makes
  std::int64_t groups_, columns_, rows_ = 0;
  std::vector<Group> parts_;
};

}  // namespace halftone
