// A SampleSource of one input whose samples lie in memory.
#pragma once

#include "data/dataset.h"

namespace halftone::test {

class MemoryDataset : public SampleSource {
 public:
  explicit MemoryDataset(Tensor samples) : samples_(std::move(samples)) {}
  std::int64_t size() const override { return samples_.shape()[0]; }
  std::string name(std::int64_t sample) const override { return "sample " + std::to_string(sample); }
  Batch read(std::int64_t first, std::int64_t count, const Job&) const override {
    Shape shape = samples_.shape();
    const std::size_t row = samples_.bytes() / static_cast<std::size_t>(shape[0]);
    shape[0] = count;
    Tensor batch(samples_.type(), shape);
    std::memcpy(batch.mutable_data(), samples_.data() + static_cast<std::size_t>(first) * row, batch.bytes());
    return {{batch}, first, count};
  }

 private:
  Tensor samples_;
};

}  // namespace halftone::test
