#include "evaluation/batches.h"

#include <algorithm>

namespace halftone {
namespace {

constexpr std::int64_t kMostAtOnce = 64;

// The same samples with the last one repeated until there are `samples`.
Tensor filled_up(const Tensor& tensor, std::int64_t samples) {
  Shape shape = tensor.shape();
  const std::int64_t have = shape.at(0);
  shape[0] = samples;
  Tensor full(tensor.type(), shape);
  const std::size_t row = tensor.bytes() / static_cast<std::size_t>(have);
  std::byte* out = full.mutable_data();
  for (std::int64_t s = 0; s < samples; ++s) {
    std::memcpy(out + static_cast<std::size_t>(s) * row, tensor.data() + static_cast<std::size_t>(std::min(s, have - 1)) * row, row);
  }
  return full;
}

std::int64_t declared_batch(const Graph& graph) {
  for (ValueId id : graph.inputs()) {
    const auto& dims = graph.value(id).dims;
    if (dims && !dims->empty() && dims->front().size > 0) return dims->front().size;
  }
  return 0;
}

// Whether the network takes so many samples at once: a Reshape to sizes of its own may hold a single one.
bool takes(const Graph& graph, const SampleSource& data, Arithmetic arithmetic, const Job& job, std::int64_t samples) {
  std::vector<Shape> shapes;
  for (const Tensor& input : data.read(0, 1, job).inputs) {
    shapes.push_back(input.shape());
    if (!shapes.back().empty()) shapes.back()[0] = samples;
  }
  try {
    Session(graph, arithmetic, job.threads).value_bytes(shapes);
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

std::size_t value_bytes_of_a_sample(const Graph& graph, const SampleSource& data, Arithmetic arithmetic, const Job& job) {
  std::vector<Shape> shapes;
  for (const Tensor& input : data.read(0, 1, job).inputs) shapes.push_back(input.shape());
  Session session(graph, arithmetic, job.threads);
  return std::max<std::size_t>(session.value_bytes(shapes), 1);
}

BatchPlan plan_batches(const Graph& graph, const SampleSource& data, Arithmetic arithmetic, const Job& job) {
  if (data.is_feeds()) return {1, false};
  if (const std::int64_t fixed = declared_batch(graph); fixed > 0) return {fixed, true};
  const std::size_t each = value_bytes_of_a_sample(graph, data, arithmetic, job);
  const auto fit = static_cast<std::int64_t>(job.value_bytes / each);
  const std::int64_t samples = std::clamp<std::int64_t>(std::min(fit, data.size()), 1, kMostAtOnce);
  return {samples == 1 || takes(graph, data, arithmetic, job, samples) ? samples : 1, false};
}

Batch read_batch(const SampleSource& data, const BatchPlan& plan, std::int64_t first, const Job& job, std::int64_t end) {
  Batch batch = data.read(first, std::min(plan.samples, (end < 0 ? data.size() : end) - first), job);
  if (plan.fixed && batch.count < plan.samples) {
    for (Tensor& input : batch.inputs) input = filled_up(input, plan.samples);
    batch.filled_up = true;
  }
  return batch;
}

void for_each_batch(const SampleSource& data, const BatchPlan& plan, const Job& job, std::string_view step, std::int64_t most,
                    const std::function<void(const Batch&)>& body) {
  const std::int64_t count = most < 0 ? data.size() : std::min(most, data.size());
  job.start(step, count);
  for (std::int64_t first = 0; first < count; first += plan.samples) {
    const Batch batch = read_batch(data, plan, first, job, count);
    body(batch);
    job.advance(batch.count);
  }
  job.finish();
}

std::int64_t real_rows(const Shape& shape, const Batch& batch) {
  if (shape.empty()) return 1;
  const std::int64_t samples = batch.inputs.empty() ? 1 : batch.inputs.front().shape().at(0);
  return batch.filled_up && shape[0] % samples == 0 ? shape[0] / samples * batch.count : shape[0];
}

Tensor real_samples(const Tensor& output, const Batch& batch) {
  const std::int64_t rows = real_rows(output.shape(), batch);
  if (output.rank() == 0 || output.shape()[0] == rows) return output;
  Shape shape = output.shape();
  shape[0] = rows;
  Tensor cut(output.type(), shape);
  std::memcpy(cut.mutable_data(), output.data(), cut.bytes());
  return cut;
}

}  // namespace halftone
