#include "pipeline/quantize.h"

#include <algorithm>
#include <chrono>

#include "base/file.h"
#include "base/temporary_path.h"
#include "base/text.h"
#include "evaluation/value_figures.h"
#include "formats/onnx/onnx.h"
#include "operators/layer.h"
#include "operators/opset.h"
#include "passes/layer_bits.h"
#include "pipeline/file_target.h"
#include "pipeline/float_gate.h"

namespace halftone {
namespace {

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// "; the model's 52 nodes have names like 'conv1', 'relu1' and 'conv2'"
std::string some_names(const std::vector<std::string>& names) {
  const std::vector<std::string> first(names.begin(), names.begin() + std::min<std::ptrdiff_t>(3, std::ssize(names)));
  return names.empty() ? "" : fmt::format("; the model's {} names like {}", counted(std::ssize(names), "node has", "nodes have"), quoted_list(first));
}

// The file of --load-encodings, where there is one.
std::optional<EncodingsFile> encodings_file(const QuantizeOptions& options) {
  if (options.load_encodings.empty()) return std::nullopt;
  const std::vector<const Pass*> passes = choose_passes(options.passes, options.disabled_passes);
  if (std::find(passes.begin(), passes.end(), &kLoadEncodings) == passes.end()) {
    throw UsageError("--load-encodings is for the pass {}, which does not run; leave one out", kLoadEncodings.name);
  }
  return read_encodings(options.load_encodings);
}

void refuse_blocks(const QuantizeOptions& options, const char* flag) {
  if (options.block_size > 0) throw UsageError("--block-size and {}: encodings files hold no blocks; leave one out", flag);
}

void check_blocks(const Graph& graph, const QuantizeOptions& options, const Target& target) {
  if (!target.weight_granularity.contains("block")) throw UsageError("--block-size: the target {} has no weights in blocks", target.name);
  if (!options.load_encodings.empty()) refuse_blocks(options, "--load-encodings");
  std::int64_t most = 0;
  for (const Layer& layer : layers_of(graph)) most = std::max(most, inputs_in_blocks(graph, layer));
  if (most > options.block_size) return;
  if (most == 0) throw UsageError("--block-size {}: blocks are for weights of MatMul and Gemm, and there are none", options.block_size);
  throw UsageError("--block-size {}: the widest MatMul or Gemm has {} inputs, no more than a block", options.block_size, most);
}

void check_options(const Graph& graph, const QuantizeOptions& options, const Target& target) {
  check_bits(graph, options, target);
  if (!options.symmetric_weights && target.symmetric_weights) {
    throw UsageError("--symmetric: the target {} takes symmetric weights only; give weights or both", target.name);
  }
  const std::string granularity = options.granularity == Granularity::channel ? "channel" : "tensor";
  if (!target.weight_granularity.contains(granularity)) throw UsageError("the target {} has no weights per {}", target.name, granularity);
  if (options.block_size > 0) check_blocks(graph, options, target);
  if (options.weight_range != RangeMethod::mse && options.weight_range != RangeMethod::minmax) {
    throw UsageError("--weight-range: weights take the ranges 'mse' or 'minmax'");
  }
  std::vector<std::string> names;
  for (NodeId id : graph.nodes()) names.push_back(graph.node(id).name);
  for (const std::string& glob : options.exclude) {
    if (std::any_of(names.begin(), names.end(), [&](const std::string& name) { return glob_matches(glob, name); })) continue;
    const std::string near = did_you_mean(glob, names);
    throw UsageError("--exclude '{}' matches no node{}", glob, near.empty() ? some_names(names) : near);
  }
}

// The files that options name, read before the work.
struct Settings {
  Target target;
  std::optional<EncodingsFile> encodings;
};

Settings checked_settings(const Graph& graph, const QuantizeOptions& options) {
  Settings settings{load_target(options.target), {}};
  check_options(graph, options, settings.target);
  settings.encodings = encodings_file(options);
  return settings;
}

// Grids that are placed and never get a scale cannot be exported.
void check_passes_set_scales(const std::vector<const Pass*>& passes) {
  const auto runs = [&](const Pass& pass) { return std::find(passes.begin(), passes.end(), &pass) != passes.end(); };
  if (!runs(kPlaceQuantizers)) throw UsageError("without the pass {} nothing is quantized", kPlaceQuantizers.name);
  for (const Pass* pass : {&kWeightRanges, &kActivationRanges}) {
    if (runs(*pass)) continue;
    throw UsageError("the grids that {} places get no scales without {}; run both passes, or neither", kPlaceQuantizers.name, pass->name);
  }
}

// Conv, Gemm and MatMul, those too that no pass takes for a layer (a Gemm with an alpha).
bool has_constant_weight(const Graph& graph, NodeId id) {
  const Operator* op = find_operator(graph.node(id));
  return op != nullptr && op->layer != nullptr && graph.constant(graph.node(id).input(op->layer->weight)) != nullptr;
}

void record_values(const Graph& graph, const PassContext& context, QuantizeReport& report) {
  for (ValueId id : graph.values()) {
    const Value& value = graph.value(id);
    if (!value.encoding) continue;
    const auto reason = context.placement.find(id);
    report.values.push_back({value.name, describe(*value.encoding), reason == context.placement.end() ? "" : reason->second,
                             value.encoding->bits, value.encoding->scale, value.encoding->zero_point, value.is_constant(), std::nullopt});
  }
  for (NodeId id : graph.nodes()) report.layers += has_constant_weight(graph, id) ? 1 : 0;
  for (const Layer& layer : layers_of(graph)) {
    report.quantized_layers += graph.encoding(layer.weight) != nullptr && graph.encoding(layer.data) != nullptr ? 1 : 0;
  }
}

// A file whose opset cannot hold the grids becomes one of a later opset.
void raise_to_grids(Graph& graph, QuantizeReport& report) {
  const int needed = opset_for_grids(graph), stated = graph.file.opsets[""];
  if (stated >= needed) return;
  raise_opset(graph, needed);
  report.warnings.push_back(fmt::format("the file's opset is {} in place of {}: {}", needed, stated,
                                        needed >= 21 ? "it holds codes of 4 or 16 bits, or scales a block" : "it holds codes, or scales a channel"));
}

QuantizeReport run_passes(Graph& graph, const SampleSource* data, const Settings& settings, const QuantizeOptions& options, const Job& job,
                          const std::set<ValueId>& not_finite = {}) {
  PassContext context{.target = settings.target, .options = options, .data = data, .job = job};
  context.not_finite = not_finite;
  context.encodings = settings.encodings ? &*settings.encodings : nullptr;
  for (ValueId id : graph.values()) context.model_values.insert(graph.value(id).name);
  QuantizeReport report;
  report.target = settings.target.name;
  for (const Pass* pass : choose_passes(options.passes, options.disabled_passes)) {
    const bool possible = data != nullptr || pass->needs == Needs::nothing;
    if (options.passes.empty() && pass->wanted != nullptr && !pass->wanted(options)) continue;
    if (possible && !(data == nullptr && pass == &kWeightRanges)) report.passes.push_back(run_pass(*pass, graph, context));
  }
  report.float_layers = std::move(context.float_layers);
  report.warnings = std::move(context.warnings);
  report.rounded = std::move(context.rounded);
  if (context.calibration) report.float_outputs = context.calibration->outputs;
  raise_to_grids(graph, report);
  record_values(graph, context, report);
  return report;
}

// Of a model that computes on codes already; empty: it does not.
std::string quantized_before(const Graph& graph) {
  std::ptrdiff_t grids = 0, nodes = 0;
  for (ValueId id : graph.values()) grids += graph.value(id).encoding != nullptr ? 1 : 0;
  for (NodeId id : graph.nodes()) {
    static const std::set<std::string> kOnCodes = {"ConvInteger", "MatMulInteger", "DynamicQuantizeLSTM", "DynamicQuantizeLinear", "QuantizeLinear", "DequantizeLinear"};
    nodes += kOnCodes.contains(graph.node(id).type) ? 1 : 0;
  }
  if (grids == 0 && nodes == 0) return "";
  return fmt::format("the model is quantized already ({} on grids, {} with codes of their own): it is written as it is, and the settings change nothing; "
                     "to quantize it otherwise, give the float model", counted(grids, "value"), counted(nodes, "node"));
}

QuantizeReport keep_grids(Graph& graph, const Settings& settings, const std::string& why) {
  const QuantizeOptions none;
  PassContext context{.target = settings.target, .options = none};
  for (ValueId id : graph.values()) context.placement.emplace(id, "stands in the file");
  QuantizeReport report;
  report.target = settings.target.name;
  report.warnings.push_back(why);
  raise_to_grids(graph, report);
  record_values(graph, context, report);
  return report;
}

// Weights that lie beside the model are the model too; and a large output writes such a file itself.
void check_data_files(const Graph& graph, const std::filesystem::path& output, const char* flag) {
  std::error_code ignored;
  for (const std::filesystem::path& data : graph.file.data_files) {
    for (const std::filesystem::path& written : {output, ModelFiles(output).data}) {
      if (std::filesystem::equivalent(data, written, ignored)) throw UsageError("{}: holds weights of the model; give {} another name", written.string(), flag);
    }
  }
}

void check_output(const std::filesystem::path& model, const std::filesystem::path& output, const char* flag) {
  check_writable(output);
  std::error_code ignored;
  if (!std::filesystem::exists(output, ignored)) return;
  if (!std::filesystem::is_regular_file(output, ignored)) throw Error("{}: is no regular file; give a file name", output.string());
  if (std::filesystem::equivalent(model, output, ignored)) throw UsageError("{}: is the model itself; give {} another name", output.string(), flag);
}

void check_files(const QuantizeFiles& files, const Graph& graph, const QuantizeOptions& options) {
  check_output(files.model, files.output, "--output");
  check_data_files(graph, files.output, "--output");
  if (!files.encodings) return;
  refuse_blocks(options, "--encodings");
  check_output(files.model, *files.encodings, "--encodings");
  check_data_files(graph, *files.encodings, "--encodings");
  std::error_code ignored;
  if (std::filesystem::weakly_canonical(*files.encodings, ignored) == std::filesystem::weakly_canonical(files.output, ignored)) {
    throw UsageError("{}: is the quantized file; give --encodings another name", files.encodings->string());
  }
}

// Grids that are written for other tools are those of the model's own weights.
QuantizeOptions with_own_weights(const QuantizeOptions& options) {
  QuantizeOptions own = options;
  if (options.passes.empty()) own.disabled_passes.emplace_back(kEqualizeActivations.name);
  return own;
}

// `quantized` is what was exported, `again` what was read back: there the weights are their codes already.
void add_value_figures(const Graph& real, const Graph& quantized, const Graph& again, const SampleSource& data, const Job& job, QuantizeReport& report) {
  constexpr std::int64_t kSamples = 4;
  std::map<std::string, double> by_name;
  for (const auto& [id, db] : constant_sqnr(quantized)) by_name[quantized.value(id).name] = db;
  for (const RoundedLayer& layer : report.rounded) {
    if (layer.weight_sqnr_db) by_name[quantized.value(layer.weight).name] = *layer.weight_sqnr_db;
  }
  for (const auto& [id, db] : value_sqnr(real, again, data, kSamples, job)) by_name[again.value(id).name] = db;
  for (ValueRecord& value : report.values) {
    if (const auto found = by_name.find(value.name); found != by_name.end()) value.sqnr_db = found->second;
  }
}

// What one may try for values that lose much, the likeliest first.
std::string remedies(const QuantizeOptions& options, const std::vector<const ValueRecord*>& worst) {
  std::vector<std::string> ways;
  if (options.activation_bits < 16 && !worst.front()->is_weight) ways.emplace_back("--activations uint16");
  if (options.weight_bits < 8) ways.emplace_back("--weights int8");
  if (options.granularity == Granularity::tensor) ways.emplace_back("--granularity channel");
  ways.emplace_back("--exclude with the nodes that make them");
  ways.emplace_back("more samples");
  return join(ways, ", ");
}

void warn_of_damage(const QuantizeOptions& options, QuantizeReport& report) {
  constexpr double kLow = 20;
  if (!report.figures || report.figures->outputs.empty()) return;
  const auto db = report.figures->outputs.front().sqnr_db;
  if (!db || *db >= kLow) return;
  std::vector<const ValueRecord*> worst;
  for (const ValueRecord& value : report.values) {
    if (value.sqnr_db) worst.push_back(&value);
  }
  if (worst.empty()) return;
  std::stable_sort(worst.begin(), worst.end(), [](const ValueRecord* a, const ValueRecord* b) { return *a->sqnr_db < *b->sqnr_db; });
  std::vector<std::string> names;
  for (const ValueRecord* value : worst) {
    if (names.size() < 3) names.push_back(fmt::format("'{}' ({:.1f} dB)", value->name, *value->sqnr_db));
  }
  report.warnings.push_back(fmt::format("the quantized network is far from the float one ({:.1f} dB); farthest are {}; what may help: {}", *db, join(names, ", "),
                                        remedies(options, worst)));
}

}  // namespace

Graph prepared_for_running(const Graph& graph) {
  Graph prepared = graph;
  const Target target;
  const QuantizeOptions options;
  PassContext context{.target = target, .options = options};
  run_pass(kFoldConstants, prepared, context);
  run_pass(kFoldBatchNorm, prepared, context);
  return prepared;
}

QuantizeReport plan_quantization(Graph& graph, const QuantizeOptions& options, const Job& job) {
  if (const std::string why = quantized_before(graph); !why.empty()) return keep_grids(graph, checked_settings(graph, options), why);
  check_finite_constants(graph);
  return run_passes(graph, nullptr, checked_settings(graph, options), options, job);
}

QuantizeReport quantize(Graph& graph, const SampleSource& data, const QuantizeOptions& options, const Job& job) {
  const Stopwatch watch;
  const Settings settings = checked_settings(graph, options);
  check_passes_set_scales(choose_passes(options.passes, options.disabled_passes));  // wrong names fail before the work
  if (data.size() == 0) throw Error("there are no samples to calibrate with");
  if (const std::string why = quantized_before(graph); !why.empty()) return keep_grids(graph, settings, why);
  const FloatCheck check = check_float_network(graph, data, job);
  const double gate = watch.seconds();
  QuantizeReport report = run_passes(graph, &data, settings, options, job, check.not_finite);
  report.warnings.insert(report.warnings.begin(), check.warnings.begin(), check.warnings.end());
  report.stages.emplace_back("float check", gate);
  name_target(graph, settings.target);
  report.seconds = watch.seconds();
  return report;
}

namespace {

std::uintmax_t bytes_of(const std::vector<std::filesystem::path>& files) {
  std::uintmax_t sum = 0;
  for (const std::filesystem::path& file : files) sum += std::filesystem::file_size(file);
  return sum;
}

}  // namespace

QuantizeReport quantize_file(const QuantizeFiles& files, const Graph& graph, const SampleSource& data, const QuantizeOptions& options, const Job& job) {
  const Stopwatch watch;
  check_files(files, graph, options);
  const ModelFiles named(files.output);
  TemporaryPath candidate(files.output, "candidate"), weights(named.data, "candidate");  // get their names once they have been read back and run
  const ModelFiles candidates(candidate.path(), weights.path(), named.data_name);
  std::optional<TemporaryPath> encodings;
  if (files.encodings) encodings.emplace(*files.encodings, "candidate");
  Graph quantized = graph;
  QuantizeReport report = quantize(quantized, data, files.encodings ? with_own_weights(options) : options, job);
  if (report.quantized_layers == 0 && quantized_before(graph).empty()) {
    if (report.layers == 0) throw Error("{}: there is nothing to quantize: it has no Conv, Gemm or MatMul with constant weights", files.model.string());
    throw Error("{}: nothing was quantized: 0 of {} are on codes, {} in float; --dry-run says why", files.model.string(), counted(report.layers, "layer"),
                counted(std::ssize(report.float_layers), "node stays", "nodes stay"));
  }
  const Stopwatch export_watch;
  write_under(weights, [&](const std::filesystem::path&) {
    write_under(candidate, [&](const std::filesystem::path&) { write_onnx(quantized, candidates); });
  });
  if (encodings) write_under(*encodings, [&](const std::filesystem::path& path) { write_encodings(encodings_of(quantized), files.encodings_version, path); });
  report.stages.emplace_back("export", export_watch.seconds());
  const Stopwatch reading_watch;
  Graph again = read_onnx(candidates);
  absorb_qdq(again);
  const Graph reference = prepared_for_running(graph);
  report.figures = evaluate(again, &reference, data, nullptr, {.arithmetic = Arithmetic::simulated, .known = report.float_outputs.get()}, job);
  report.stages.emplace_back("read back and run", reading_watch.seconds());
  const Stopwatch value_watch;
  add_value_figures(reference, quantized, again, data, job, report);
  report.stages.emplace_back("values compared", value_watch.seconds());
  warn_of_damage(options, report);
  report.float_bytes = std::filesystem::file_size(files.model) + bytes_of(graph.file.data_files);
  report.quantized_bytes = std::filesystem::file_size(candidate.path()) + bytes_of(again.file.data_files);
  if (!again.file.data_files.empty()) weights.keep();
  candidate.keep();
  if (encodings) encodings->keep();
  report.seconds = watch.seconds();
  return report;
}

}  // namespace halftone
