// `quantize`: float gate -> passes -> export -> read the export back and run it -> what was done.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "evaluation/evaluate.h"
#include "pipeline/pass_table.h"

namespace halftone {

// For DataOptions::keep_bytes: the passes read pictures four times. 334 of 224 x 224.
inline constexpr std::uint64_t kKeptPictureBytes = 48u << 20;

struct ValueRecord {
  std::string name, grid, reason;        // grid: "uint8 per tensor"
  int bits = 8;
  std::vector<float> scale;
  std::vector<std::int32_t> zero_point;
  bool is_weight = false;
  std::optional<double> sqnr_db;
};

struct QuantizeReport {
  std::string target;
  std::vector<PassRecord> passes;
  std::vector<ValueRecord> values;
  std::vector<FloatLayer> float_layers;
  std::vector<RoundedLayer> rounded;         // empty with rounding to nearest
  std::vector<std::string> warnings;
  int quantized_layers = 0, layers = 0;
  std::shared_ptr<const FloatOutputs> float_outputs;  // for comparing; null: the float network must run
  std::optional<Figures> figures;            // on the calibration data, of the file read back
  std::vector<std::pair<std::string, double>> stages;  // seconds of float check, export, reading back
  std::uint64_t float_bytes = 0, quantized_bytes = 0;
  double seconds = 0;
};

// Quantizes the graph in place. Throws UsageError for settings that the target does not have or names that match nothing.
QuantizeReport quantize(Graph& graph, const SampleSource& data, const QuantizeOptions& options, const Job& job);

// What `quantize` would do, without data: which value gets which grid and why. The graph is changed up to the ranges.
QuantizeReport plan_quantization(Graph& graph, const QuantizeOptions& options, const Job& job);

struct QuantizeFiles {
  std::filesystem::path model, output;
  std::optional<std::filesystem::path> encodings = std::nullopt;         // AIMET's, written beside the output
  EncodingsVersion encodings_version = EncodingsVersion::v2_0_0;
};

// The whole walk from file to file. The files appear only when the output's re-reading ran and gave finite figures.
QuantizeReport quantize_file(const QuantizeFiles& files, const Graph& graph, const SampleSource& data, const QuantizeOptions& options, const Job& job);

// Folds what a float network is faster without (constants, BatchNormalization); for running it, not for exporting.
Graph prepared_for_running(const Graph& graph);

}  // namespace halftone
