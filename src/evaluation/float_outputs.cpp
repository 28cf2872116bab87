#include "evaluation/float_outputs.h"

#include <algorithm>

#include "evaluation/evaluate.h"

namespace halftone {

FloatOutputs::FloatOutputs(const Graph& graph, std::int64_t samples, std::uint64_t most_bytes)
    : values_(compared_values(graph)), kept_(values_.size()), samples_(samples), most_bytes_(most_bytes) {
  for (ValueId id : values_) given_up_ = given_up_ || graph.value(id).type != DataType::float32;
}

void FloatOutputs::add(const Batch& batch, const TapView& view) {
  if (given_up_) return;
  const std::int64_t rows = real_rows(view.shape, batch);
  given_up_ = view.channels_last || view.shape.empty() || batch.count == 0 || rows % batch.count != 0;
  if (given_up_) return;
  Shape of_sample = view.shape;
  of_sample[0] = rows / batch.count;
  const std::int64_t count = element_count(of_sample) * batch.count;
  for (std::size_t i = 0; i < values_.size(); ++i) {  // an output may be named twice
    if (values_[i] != view.value) continue;
    Kept& kept = kept_[i];
    given_up_ = given_up_ || (kept.samples > 0 && kept.of_sample != of_sample) || (kept.numbers.size() + static_cast<std::size_t>(count)) * sizeof(float) > most_bytes_;
    if (given_up_) return;
    kept.of_sample = of_sample;
    kept.samples += batch.count;
    kept.numbers.insert(kept.numbers.end(), view.data, view.data + count);
  }
}

bool FloatOutputs::complete() const {
  return !given_up_ && std::all_of(kept_.begin(), kept_.end(), [&](const Kept& kept) { return kept.samples == samples_; });
}

std::vector<Tensor> FloatOutputs::of(const Batch& batch) const {
  std::vector<Tensor> outputs;
  for (const Kept& kept : kept_) {
    Shape shape = kept.of_sample;
    shape[0] *= batch.count;
    outputs.emplace_back(DataType::float32, shape);
    const auto from = kept.numbers.begin() + batch.first * element_count(kept.of_sample);
    std::copy(from, from + element_count(shape), outputs.back().mutable_values<float>().begin());
  }
  return outputs;
}

}  // namespace halftone
