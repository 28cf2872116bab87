#include "pipeline/float_gate.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "kernels/statistics.h"
#include "operators/operator.h"
#include "ranges/calibration.h"

namespace halftone {
namespace {

constexpr double kLargestShift = 2.0, kLargestRatio = 3.0;  // of a typical channel, in deviations and as a factor

// The first BatchNormalization behind a layer that reads a graph input; null: none.
const Node* first_batch_norm(const Graph& graph) {
  for (NodeId id : graph.topological_order()) {
    const Node& node = graph.node(id);
    if (node.type != "BatchNormalization") continue;
    const Node* layer = graph.producer(node.input(0));
    if (layer == nullptr || layer->type != "Conv") return nullptr;
    const Node* before = graph.producer(layer->input(0));
    const bool near_input = before == nullptr || (before->type == "Pad" && graph.producer(before->input(0)) == nullptr);
    if (!near_input || graph.constant(node.input(3)) == nullptr || graph.constant(node.input(4)) == nullptr) return nullptr;
    return &node;
  }
  return nullptr;
}

struct ChannelMoments {
  std::vector<double> sum, squares;
  double count = 0;

  void add(const TapView& view) {
    const ChannelWalk walk = channel_walk(view.shape, 1);
    sum.resize(static_cast<std::size_t>(walk.channels), 0.0);
    squares.resize(sum.size(), 0.0);
    const std::int64_t total = element_count(view.shape);
    for (std::int64_t i = 0; i < total; ++i) {
      const auto c = static_cast<std::size_t>(view.channels_last ? i % walk.channels : i / walk.inner % walk.channels);
      sum[c] += view.data[i];
      squares[c] += static_cast<double>(view.data[i]) * view.data[i];
    }
    count += static_cast<double>(walk.outer * walk.inner);
  }
};

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

std::vector<std::string> compare_with(const Graph& graph, const Node& norm, const ChannelMoments& seen) {
  const std::vector<float> mean = to_floats(*graph.constant(norm.input(3))), variance = to_floats(*graph.constant(norm.input(4)));
  std::vector<double> shifts, ratios;
  for (std::size_t c = 0; c < mean.size(); ++c) {
    const double m = seen.sum[c] / seen.count, deviation = std::sqrt(std::max(seen.squares[c] / seen.count - m * m, 0.0));
    const double trained = std::sqrt(std::max<double>(variance[c], 1e-12));
    shifts.push_back(std::fabs(m - mean[c]) / trained);
    ratios.push_back(deviation / trained);
  }
  const double shift = median(shifts), ratio = median(ratios);
  if (shift <= kLargestShift && ratio <= kLargestRatio && ratio >= 1 / kLargestRatio) return {};
  return {fmt::format("the data look unlike those the network was trained on: at '{}' a typical channel is shifted by {:.3g} deviations and {:.3g} "
                      "times as wide as its BatchNormalization expects; check --mean, --std, --color and --size", norm.name, shift, ratio)};
}

bool is_layer(const Node& node) {
  const Operator* op = find_operator(node);
  return op != nullptr && op->layer != nullptr;
}

// Values that the network's own infinities and NaN reach: it masks with them.
std::set<ValueId> masked_values(const Graph& graph) {
  std::set<ValueId> masked;
  for (NodeId id : graph.topological_order()) {
    const Node& node = graph.node(id);
    const Tensor* value = node.attributes.tensor("value");
    const bool begins = value != nullptr && !is_finite(*value);
    const bool reaches = std::any_of(node.inputs.begin(), node.inputs.end(), [&](ValueId input) { return masked.contains(input) || (graph.constant(input) != nullptr && !is_finite(*graph.constant(input))); });
    if (begins || reaches) masked.insert(node.outputs.begin(), node.outputs.end());
  }
  return masked;
}

// Whether the samples hold values, all of them 0.
bool is_all_zeros(const SampleSource& data, const Job& job) {
  bool has_values = false;
  for (std::int64_t sample = 0; sample < data.size(); ++sample) {
    job.throw_if_cancelled();
    for (const Tensor& input : data.read(sample, 1, job).inputs) {
      const std::vector<float> values = to_floats(input);
      if (std::any_of(values.begin(), values.end(), [](float x) { return x != 0; })) return false;
      has_values = has_values || !values.empty();
    }
  }
  return has_values;
}

// A network that reads real numbers has no ranges to learn from zeros.
void refuse_zeros(const Graph& graph, const SampleSource& data, const Job& job) {
  std::vector<std::string> names;
  for (ValueId input : graph.inputs()) {
    if (graph.value(input).type != DataType::float32) return;  // tokens, masks: 0 is one of them
    names.push_back(graph.value(input).name);
  }
  if (names.empty() || !is_all_zeros(data, job)) return;
  throw Error("{}the input{} 0 in all {}: nothing can be calibrated with them; check the data", origin(graph),
              names.size() == 1 ? " '" + names.front() + "' is" : "s are", counted(data.size(), "sample"));
}

}  // namespace

void check_finite_constants(const Graph& graph) {
  for (ValueId id : graph.values()) {
    const Value& value = graph.value(id);
    if (!value.is_constant() || value.constant->type() != DataType::float32 || value.readers.empty()) continue;
    const auto numbers = value.constant->values<float>();
    const bool is_layers = std::any_of(value.readers.begin(), value.readers.end(), [&](NodeId reader) { return is_layer(graph.node(reader)); });
    const auto bad = std::find_if(numbers.begin(), numbers.end(), [](float x) { return !std::isfinite(x); });
    if (!is_layers || bad == numbers.end()) continue;
    throw Error("{}the initializer '{}' holds {} at position {}; mend the model first", origin(graph), value.name, *bad, bad - numbers.begin());
  }
}

FloatCheck check_float_network(const Graph& graph, const SampleSource& data, const Job& job) {
  check_finite_constants(graph);
  refuse_zeros(graph, data, job);
  std::vector<ValueId> watched;
  for (ValueId input : graph.inputs()) {
    if (graph.value(input).type == DataType::float32) watched.push_back(input);
  }
  for (NodeId id : graph.topological_order()) {
    for (ValueId output : graph.node(id).outputs) {
      if (output != ValueId::none && graph.value(output).type == DataType::float32) watched.push_back(output);
    }
  }
  const Node* norm = first_batch_norm(graph);
  ChannelMoments moments;
  constexpr std::int64_t kSamples = 8;
  FloatCheck found;
  const std::set<ValueId> masked = masked_values(graph);
  watch_values(graph, watched, data, kSamples, "float check", job, [&](const Batch& batch, const TapView& view) {
    const bool finite = extremes_of(view.data, element_count(view.shape), job.threads).finite;
    if (!finite && masked.contains(view.value)) found.not_finite.insert(view.value);
    else if (!finite) finite_ranges(graph, batch, view, data, job.threads);  // throws
    if (norm != nullptr && view.value == norm->input(0)) moments.add(view);
  });
  if (norm != nullptr && moments.count > 0) found.warnings = compare_with(graph, *norm, moments);
  return found;
}

}  // namespace halftone
