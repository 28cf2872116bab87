// A pass: a function on the graph with a contract. One file a pass; pipeline/ has the table of passes and the runner.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/job.h"
#include "data/dataset.h"
#include "formats/encodings/encodings.h"
#include "graph/graph.h"
#include "ranges/calibration.h"
#include "targets/target.h"

namespace halftone {

enum class Needs { nothing, samples };

enum class Granularity { channel, tensor };
enum class Rounding { fast, nearest };  // on second moments (round_fast), or to the nearest code

// Bits of a layer: of its weight's codes and of its data's; 0: as for all layers.
struct LayerBits {
  int weight = 0, activation = 0;
};

// Bits for the nodes whose names match.
struct NamedBits {
  std::string glob;
  LayerBits bits;
};

// What the user asked for (DESIGN, quantize). Names of nodes and passes are checked before any work.
struct QuantizeOptions {
  int weight_bits = 8, activation_bits = 8;           // 2 to 8 or 16, and 4 to 16
  LayerBits first_last;                               // other bits for the first and the last layers
  std::vector<NamedBits> named_bits;                  // and for these; no two may disagree about a node
  bool signed_activations = false;                    // int8 in place of uint8; weights are always signed
  Granularity granularity = Granularity::channel;     // of weights
  std::int64_t block_size = 0;                        // above 0: of MatMul and Gemm, a scale for so many inputs of a channel
  bool symmetric_weights = true, symmetric_activations = false;
  RangeMethod weight_range = RangeMethod::mse;        // mse or minmax
  RangeMethod activation_range = RangeMethod::mse;
  double percentile = 99.999;                         // of RangeMethod::percentile
  std::int64_t bins = Histogram::kDefaultBins;        // of the activations' histograms
  Rounding rounding = Rounding::fast;                 // of weights
  std::uint64_t seed = 0;                             // of everything random
  std::string target = "onnxruntime";                 // a name, or a .toml file
  std::vector<std::string> exclude;                   // globs over the file's node names
  std::vector<std::string> passes, disabled_passes;   // names; no passes: all
  std::string load_encodings;                         // a file whose grids are taken; empty: all are computed

  bool excludes(const std::string& node) const;
};

// Why a layer stays in float.
struct FloatLayer {
  std::string node, type, reason;
};

// What rounding a layer's weights cost: the squared error of its results, summed over the channels.
struct RoundedLayer {
  std::string node;
  ValueId weight = ValueId::none;
  int bits = 8;
  std::optional<double> weight_sqnr_db;  // of the codes chosen, against the weights before; null: identical
  double nearest = 0, now = 0;           // of rounding to nearest, and of the codes chosen
};

struct PassContext {
  const Target& target;
  const QuantizeOptions& options;
  const SampleSource* data = nullptr;     // null in a dry run
  Job job;
  const EncodingsFile* encodings = nullptr;  // of options.load_encodings
  std::set<ValueId> not_finite;              // values that hold infinities or NaN on the samples: no grid covers them
  std::set<std::string> model_values;        // names of the values before the first pass, for it
  // Filled by passes, for the report.
  std::vector<FloatLayer> float_layers;
  std::vector<std::string> warnings;
  std::map<ValueId, std::string> placement;   // why a value got its grid
  std::vector<RoundedLayer> rounded;          // by round_fast
  std::set<ValueId> given;                    // whose grids came from a file: they do not move
  std::optional<Calibration> calibration;     // of the samples; its outputs are those of the network as it came
  std::map<NodeId, std::set<std::size_t>> widened_channels;  // whose biases did not fit into int32
  bool float_network_changed = false;         // by a pass: it does not give these outputs any more
};

struct PassReport {
  int changed = 0;
  std::string summary;              // what was done, in a few words; empty: nothing
  std::vector<std::string> notes;   // the particulars, a sentence each

  template <typename... Args>
  void note(fmt::format_string<Args...> format, Args&&... args) {
    notes.push_back(fmt::vformat(format, fmt::make_format_args(args...)));
  }
};

struct Pass {
  const char* name;      // file = name; the command line takes hyphens too
  const char* summary;   // one line for --help
  Needs needs;
  PassReport (*run)(Graph& graph, PassContext& context);
  bool (*wanted)(const QuantizeOptions& options) = nullptr;  // whether it runs unless named; null: always
};

extern const Pass kFoldConstants, kFoldBias, kFoldBatchNorm, kPlaceQuantizers, kCalibrate, kFreeConcats, kFoldConstantChannels, kEqualizeActivations, kLoadEncodings, kWeightRanges, kActivationRanges,
    kExactSums, kRoundFast, kCorrectBias;

}  // namespace halftone
