// Sampled rows of a layer's input: the patches of the input that some positions of its output multiply with the weight.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/session.h"
#include "operators/layer.h"

namespace halftone {

class PatchSampler {
 public:
  // At most `positions` of each sample's output positions, spread over the picture, drawn from the seed.
  PatchSampler(const Graph& graph, const Layer& layer, std::int64_t positions, std::uint64_t seed);

  std::int64_t groups() const { return groups_; }
  std::int64_t columns() const { return columns_; }

  // How many rows each of the `batch` samples in a view of the layer's data gives.
  std::int64_t rows_of_sample(const TapView& view, std::int64_t batch) const;

  // Rows of the first `samples` of them, [rows][columns][groups]: real numbers, zeros outside the picture. Sample i is the
  // whole set's `first` + i.
  void inputs(const TapView& view, std::int64_t batch, std::int64_t samples, std::int64_t first, float* rows, int threads) const;

  // The same positions of a value of the output's shape: [rows][channels of a group][groups].
  std::vector<float> outputs(const TapView& view, std::int64_t batch, std::int64_t samples, std::int64_t first, int threads) const;

 private:
  std::int64_t available(const TapView& data, std::int64_t batch) const;
  std::vector<std::int64_t> chosen(std::int64_t available, std::int64_t samples, std::int64_t first) const;

  const Node node_;
  bool is_convolution_;
  std::vector<std::int64_t> kernel_;
  std::int64_t groups_ = 1, columns_ = 0, positions_;
  std::uint64_t seed_;
};

}  // namespace halftone
