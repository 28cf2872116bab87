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

  // Rows of the first `samples` of the `batch` samples in a view of the layer's data; sample i is the whole set's
  // `first` + i. Appends to rows[group]: [rows][columns], real numbers, zeros outside the picture. Returns the rows added.
  std::int64_t add(const TapView& view, std::int64_t batch, std::int64_t samples, std::int64_t first, std::vector<std::vector<float>>& rows,
                   int threads) const;

  // The same positions of a value of the output's shape: [rows][all channels].
  std::vector<float> outputs(const TapView& view, std::int64_t batch, std::int64_t samples, std::int64_t first, int threads) const;

 private:
  std::vector<std::int64_t> chosen(std::int64_t available, std::int64_t sample) const;
  std::int64_t add_patches(const TapView& view, std::int64_t samples, std::int64_t first, std::vector<std::vector<float>>& rows, int threads) const;
  std::int64_t add_matrix_rows(const TapView& view, std::int64_t batch, std::int64_t samples, std::int64_t first, std::vector<std::vector<float>>& rows) const;

  const Node node_;
  bool is_convolution_;
  std::vector<std::int64_t> kernel_;
  std::int64_t groups_ = 1, columns_ = 0, positions_;
  std::uint64_t seed_;
};

}  // namespace halftone
