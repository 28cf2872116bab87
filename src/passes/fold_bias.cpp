// Folds an addition of one constant a channel into the bias of the Conv or Gemm before it: what exporters write that know
// layers without a bias. Needs nothing. Keeps the float outputs up to rounding. An addition that --exclude names stays.
#include "base/text.h"
#include "passes/layer_edit.h"
#include "passes/pass.h"

namespace halftone {
namespace {

// What an addition adds to each channel of the layer's result, behind whose channels `inner` axes stand; empty: it adds
// something else.
std::vector<float> addend(const Tensor& constant, const Layer& layer, std::int64_t inner) {
  const std::int64_t rank = constant.rank(), place = rank - 1 - inner;
  if (constant.type() != DataType::float32 || rank > inner + 2) return {};
  if (constant.size() == 1) return std::vector<float>(static_cast<std::size_t>(layer.channels), to_floats(constant)[0]);
  const bool a_channel = place >= 0 && constant.size() == layer.channels && constant.shape()[static_cast<std::size_t>(place)] == layer.channels;
  return a_channel ? to_floats(constant) : std::vector<float>();
}

bool fold(Graph& graph, Layer layer, const QuantizeOptions& options) {
  const Node* add = graph.only_reader(layer.output);
  if (add == nullptr || add->type != "Add" || !add->domain.empty() || options.excludes(add->name) || graph.encoding(layer.output) != nullptr) return false;
  const ValueId other = add->input(0) == layer.output ? add->input(1) : add->input(0);
  const Tensor* constant = graph.constant(other);
  if (constant == nullptr || !is_finite(*constant) || graph.encoding(other) != nullptr) return false;
  const std::int64_t inner = graph.node(layer.node).type == "Gemm" ? 0 : graph.constant(layer.weight)->rank() - 2;
  const std::vector<float> added = addend(*constant, layer, inner);
  if (added.empty()) return false;
  std::vector<float> bias = bias_or_zero(graph, layer);
  for (std::size_t c = 0; c < bias.size(); ++c) bias[c] += added[c];
  const NodeId id = add->id;
  set_bias(graph, layer, bias);
  graph.set_input(id, 0, layer.output);
  graph.bypass(id);
  return true;
}

PassReport fold_bias(Graph& graph, PassContext& context) {
  PassReport report;
  for (const Layer& layer : layers_of(graph)) {
    while (layer.can_have_bias && fold(graph, *layer_of(graph, layer.node), context.options)) ++report.changed;
  }
  graph.remove_unused_values();
  if (report.changed > 0) report.summary = fmt::format("{} folded", counted(report.changed, "addition"));
  return report;
}

}  // namespace

extern const Pass kFoldBias{"fold_bias", "folds additions of a constant into the bias of the layer before them", Needs::nothing, fold_bias};

}  // namespace halftone
