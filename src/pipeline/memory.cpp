#include "pipeline/memory.h"

#include <algorithm>

#include "base/text.h"
#include "evaluation/batches.h"
#include "operators/layer.h"
#include "ranges/clamped_means.h"
#include "ranges/rounding.h"
#include "ranges/sweep.h"

namespace halftone {
namespace {

constexpr std::uint64_t kLibraries = 24u << 20;  // their code, and what they make while running
constexpr std::uint64_t kLeastStore = 4u << 20;
constexpr std::uint64_t kStores = 3;             // of both networks, and what should come out of the layers
constexpr std::uint64_t kArenas = 3;
constexpr std::uint64_t kWeights = 6;            // the float and the quantized graph, two sessions' forms of them, the file, the file read back

std::uint64_t weight_bytes(const Graph& graph) {
  std::uint64_t sum = 0;
  for (ValueId id : graph.values()) {
    if (graph.value(id).is_constant()) sum += graph.value(id).constant->bytes();
  }
  return sum;
}

// What the layer that needs most takes while it is looked at, `batch` samples at a time: rows of it, and matrices for rounding.
std::uint64_t layer_bytes(const Graph& graph, const SampleSource& data, const QuantizeOptions& options, std::int64_t batch) {
  const int bits = options.named_bits.empty() ? options.weight_bits : 2;  // few bits, many rows
  std::uint64_t most = 0;
  for (const Layer& layer : layers_of(graph)) {
    const Node& node = graph.node(layer.node);
    const std::int64_t groups = node.type == "Conv" ? node.attributes.integer("group", 1) : 1;
    const std::int64_t columns = element_count(graph.constant(layer.weight)->shape()) / layer.channels, rows = rows_of_layer(columns, bits, {});
    const LayerRows shape{groups, columns, layer.channels / groups, rows, Clamp{}};
    const std::uint64_t rounding = options.rounding == Rounding::fast ? RoundingSolver::bytes(columns, layer.channels) : 0;
    most = std::max(most, bytes_at_once(shape, rows * batch / data.size() + 1) + KeptRows::bytes(shape) + rounding);
  }
  return most;
}

}  // namespace

void fit_into_memory(std::uint64_t limit, std::uint64_t used, const Graph& graph, const SampleSource& data, const QuantizeOptions& options, Job& job) {
  constexpr std::uint64_t kStep = 8u << 20;  // it differs a little from run to run, and the result must not
  const std::uint64_t each = value_bytes_of_a_sample(graph, data, Arithmetic::float32, job);
  const std::int64_t batch = plan_batches(graph, data, Arithmetic::float32, job).samples;
  const std::uint64_t fixed =
      (used + kStep - 1) / kStep * kStep + kLibraries + data.kept_bytes() + kWeights * weight_bytes(graph) + layer_bytes(graph, data, options, batch);
  const std::uint64_t least = fixed + kArenas * each + kStores * kLeastStore;
  if (limit < least) throw Error("--max-memory {} is too little; about {} are needed for one sample at a time", format_bytes(limit), format_bytes(least));
  const std::uint64_t free = limit - fixed;
  job.store_bytes = std::clamp<std::uint64_t>((free - kArenas * each) / (2 * kStores), kLeastStore, job.store_bytes);
  job.value_bytes = std::min<std::uint64_t>(job.value_bytes, (free - kStores * job.store_bytes) / kArenas);
}

}  // namespace halftone
