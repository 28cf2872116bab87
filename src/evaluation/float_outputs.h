// What the float network gives for the samples of a dataset, kept from a run of it: comparisons need not run it again.
#pragma once

#include <vector>

#include "evaluation/batches.h"

namespace halftone {

class FloatOutputs {
 public:
  // Of the outputs that figures compare (evaluate.h). Gives up where they take more than `most_bytes`.
  FloatOutputs(const Graph& graph, std::int64_t samples, std::uint64_t most_bytes);

  const std::vector<ValueId>& values() const { return values_; }  // to be tapped
  void add(const Batch& batch, const TapView& view);              // one after the other, in the order of the samples
  bool complete() const;                                          // all samples of all outputs

  // One an output, of the batch's samples.
  std::vector<Tensor> of(const Batch& batch) const;

 private:
  struct Kept {
    Shape of_sample;             // with a first axis of the rows that a sample has
    std::vector<float> numbers;
    std::int64_t samples = 0;
  };
  std::vector<ValueId> values_;
  std::vector<Kept> kept_;
  const std::int64_t samples_;
  const std::uint64_t most_bytes_;
  bool given_up_ = false;
};

}  // namespace halftone
