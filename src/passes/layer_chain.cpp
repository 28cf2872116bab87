#include "passes/layer_chain.h"

namespace halftone {

std::optional<LayerChain> chain_of(const Graph& graph, const Layer& layer) {
  if (!layer.can_have_bias) return std::nullopt;
  LayerChain chain{layer, {}, layer.output, {}};
  if (const Node* next = graph.only_reader(chain.value)) {
    if (const auto clamp = clamp_of(graph, *next)) {
      chain.clamp = *clamp;
      chain.value = next->output();
    }
  }
  if (graph.is_output(chain.value) || graph.value(chain.value).readers.empty()) return std::nullopt;
  for (NodeId id : graph.value(chain.value).readers) {
    const auto reader = layer_of(graph, id);
    if (!reader || reader->data != chain.value || !reader->can_have_bias) return std::nullopt;
    chain.readers.push_back(*reader);
  }
  return chain;
}

}  // namespace halftone
