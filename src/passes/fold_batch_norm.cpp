// Folds a BatchNormalization into the Conv or Gemm before it.
//     gain[k] = gamma[k] / sqrt(var[k] + epsilon),  k: output channel
//     W[k] <- gain[k] W[k],   b[k] <- gain[k] (b[k] - mean[k]) + beta[k]
// Needs nothing. Keeps the float outputs up to rounding. Leaves the channel prior (mean beta, deviation |gamma|) on the
// layer's output. Notes each BatchNormalization that it must keep, and why.
// Source: Nagel et al. 2021, section 2.3.1.
#include <cmath>

#include "passes/layer_edit.h"
#include "passes/pass.h"

namespace halftone {
namespace {

// Null: foldable. Otherwise why not.
const char* why_not_foldable(const Graph& graph, const Node& norm, std::optional<Layer>& layer) {
  const Node* before = graph.producer(norm.input(0));
  if (before == nullptr) return "no layer stands before it";
  layer = layer_of(graph, before->id);
  if (!layer) return "what stands before it has no constant weights";
  if (norm.attributes.integer("training_mode", 0) != 0 || norm.outputs.size() > 1) return "it is in training mode";
  if (!layer->can_have_bias) return "what stands before it has no bias";
  if (graph.only_reader(norm.input(0)) == nullptr) return "the layer's output is read by others too";
  for (std::size_t i = 1; i < 5; ++i) {
    const Tensor* parameter = graph.constant(norm.input(i));
    if (parameter == nullptr) return "its parameters are no constants";
    if (parameter->size() != layer->channels) return "its channels are not the layer's";
  }
  return nullptr;
}

void fold(Graph& graph, const Node& norm, Layer layer) {
  const auto parameter = [&](std::size_t i) { return to_floats(*graph.constant(norm.input(i))); };
  const std::vector<float> gamma = parameter(1), beta = parameter(2), mean = parameter(3), variance = parameter(4);
  const double epsilon = norm.attributes.real("epsilon", 1e-5f);
  std::vector<float> gain(gamma.size()), bias = bias_or_zero(graph, layer);
  auto prior = std::make_shared<ChannelPrior>();
  for (std::size_t k = 0; k < gain.size(); ++k) {
    const double exact = gamma[k] / std::sqrt(static_cast<double>(variance[k]) + epsilon);
    gain[k] = static_cast<float>(exact);
    bias[k] = static_cast<float>(exact * (static_cast<double>(bias[k]) - mean[k]) + beta[k]);
    prior->mean.push_back(beta[k]);
    prior->deviation.push_back(std::fabs(gamma[k]));
  }
  scale_output_channels(graph, layer, gain);
  set_bias(graph, layer, bias);
  graph.bypass(norm.id);
  graph.edit(layer.output).prior = std::move(prior);
}

PassReport fold_batch_norm(Graph& graph, PassContext&) {
  PassReport report;
  for (NodeId id : graph.topological_order()) {
    if (graph.node(id).type != "BatchNormalization" || !graph.node(id).domain.empty()) continue;
    std::optional<Layer> layer;
    if (const char* reason = why_not_foldable(graph, graph.node(id), layer)) {
      report.note("'{}' kept: {}", graph.node(id).name, reason);
      continue;
    }
    fold(graph, Node(graph.node(id)), *layer);
    ++report.changed;
  }
  graph.remove_unused_values();
  if (report.changed > 0) report.summary = fmt::format("{} folded", report.changed);
  if (!report.notes.empty()) report.summary += fmt::format("{}{} kept", report.changed > 0 ? ", " : "", report.notes.size());
  return report;
}

}  // namespace

extern const Pass kFoldBatchNorm{"fold_batch_norm", "folds BatchNormalization into the layer before it", Needs::nothing, fold_batch_norm};

}  // namespace halftone
