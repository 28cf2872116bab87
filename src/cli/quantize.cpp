// halftone quantize MODEL --data D -o OUT.onnx
#include <filesystem>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "pipeline/memory.h"
#include "report/table.h"

namespace halftone::cli {
namespace {

namespace fs = std::filesystem;

std::string default_output(const std::string& model, int weight_bits) {
  fs::path path(model);
  return path.replace_extension().string() + fmt::format(".int{}.onnx", weight_bits);
}

void print_plan(const Common& common, const QuantizeReport& report) {
  Table table({Table::Align::left, Table::Align::left, Table::Align::left}, 0);
  table.header({"value", "grid", "why"});
  for (const ValueRecord& value : report.values) table.add({value.name, value.grid, value.reason});
  print(common, table.text());
}

void print_float_layers(const Common& common, const QuantizeReport& report) {
  if (report.float_layers.empty()) return;
  Table table({Table::Align::left, Table::Align::left, Table::Align::left}, 0);
  table.header({"left in float", "operator", "reason"});
  for (const FloatLayer& layer : report.float_layers) table.add({layer.node, layer.type, layer.reason});
  print(common, "\n" + table.text());
}

void print_rounding(const Common& common, const QuantizeReport& report) {
  if (report.rounded.empty()) return;
  Table table({Table::Align::left, Table::Align::right, Table::Align::right, Table::Align::right, Table::Align::right}, 0);
  table.header({"weights rounded", "bits", "error of nearest", "now", "ratio"});
  for (const RoundedLayer& layer : report.rounded) {
    table.add({layer.node, std::to_string(layer.bits), fmt::format("{:.3g}", layer.nearest), fmt::format("{:.3g}", layer.now),
               layer.nearest > 0 ? fmt::format("{:.2f}", layer.now / layer.nearest) : "-"});
  }
  print(common, "\n" + table.text());
}

void print_passes(const Common& common, const QuantizeReport& report) {
  for (const PassRecord& pass : report.passes) {
    print(common, wrapped(fmt::format("  {:<23}{:>9}  ", pass.name, format_seconds(pass.seconds)), pass.summary.empty() ? "nothing to do" : pass.summary));
  }
  for (const auto& [stage, seconds] : report.stages) print(common, fmt::format("  {:<23}{:>9}\n", stage, format_seconds(seconds)));
}

void print_result(const Common& common, const QuantizeFiles& files, const QuantizeReport& report, const ProcessFigures& process) {
  print_passes(common, report);
  print_rounding(common, report);
  print_float_layers(common, report);
  Table table({Table::Align::left, Table::Align::left}, 1);
  table.add({"layers on codes", fmt::format("{} of {}", report.quantized_layers, report.layers)});
  table.add({"size", fmt::format("{} -> {}", format_bytes(report.float_bytes), format_bytes(report.quantized_bytes))});
  table.add({"calibration samples", std::to_string(report.figures->samples)});
  for (const OutputFigures& figures : report.figures->outputs) {
    table.add({report.figures->outputs.size() > 1 ? "'" + figures.name + "' against float" : "against float",
               fmt::format("KL {:.3g}, SQNR {}, same top-1 {:.2f} %", figures.kl,
                           figures.sqnr_db ? fmt::format("{:.2f} dB", *figures.sqnr_db) : "infinite", figures.same_top1)});
  }
  table.add({"time", format_seconds(process.seconds)});
  table.add({"peak memory", format_bytes(process.peak_memory_bytes)});
  table.add({"written", files.output.string() + (files.encodings ? ", " + files.encodings->string() : "")});
  print(common, "\n" + table.text());
}

void warn_all(const Common& common, const QuantizeReport& report) {
  if (common.quiet) return;
  for (const std::string& warning : report.warnings) warn(warning);
}

}  // namespace

void quantize_model(const QuantizeCommand& command, const Common& common) {
  ConsoleProgress progress;
  Job job = make_job(common, &progress);
  Graph graph = read_model(command.model);
  if (command.dry_run) {
    if (command.encodings) throw UsageError("--encodings: a dry run computes no grids to write; leave one out");
    QuantizeReport report = plan_quantization(graph, command.options, job);
    report.float_bytes = fs::file_size(command.model);
    print_plan(common, report);
    print_float_layers(common, report);
    warn_all(common, report);
    write_json(common, quantize_json(command.model, std::nullopt, command.options, report, process_figures()));
    return;
  }
  if (command.data.empty()) throw UsageError("--data is missing: quantize needs samples to calibrate with (--dry-run does not)");
  const std::string output = command.output.value_or(default_output(command.model, command.options.weight_bits));
  DataOptions data_options = command.data_options;
  data_options.keep_bytes = kKeptPictureBytes;
  const auto data = open_samples(command.data, data_options, input_specs(graph));
  if (common.max_memory) fit_into_memory(*common.max_memory, process_figures().peak_memory_bytes, graph, *data, command.options, job);
  const QuantizeFiles files{command.model, output, command.encodings, command.encodings_version};
  const QuantizeReport report = quantize_file(files, graph, *data, command.options, job);
  const ProcessFigures process = process_figures();
  print_result(common, files, report, process);
  warn_all(common, report);
  write_json(common, quantize_json(command.model, output, command.options, report, process));
}

}  // namespace halftone::cli
