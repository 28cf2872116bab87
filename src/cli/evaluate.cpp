// halftone evaluate MODEL --data D [--labels L] [--reference FLOAT_MODEL]
#include "base/text.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "evaluation/evaluate.h"
#include "pipeline/file_target.h"
#include "pipeline/float_gate.h"
#include "pipeline/quantize.h"
#include "report/table.h"

namespace halftone::cli {
namespace {

// Figures of a network whose weights are no numbers mean nothing.
Graph read_finite_model(const std::string& path) {
  const Graph graph = read_model(path);
  check_finite_constants(graph);
  return prepared_for_running(graph);
}

}  // namespace

void evaluate_model(const EvaluateCommand& command, const Common& common) {
  const Arithmetic arithmetic = arithmetic_of(command.as);
  ConsoleProgress progress;
  const Job job = make_job(common, &progress);
  const Graph graph = read_finite_model(command.model);
  const Target target = simulated_target(graph, command.target, common);
  std::optional<Graph> reference;
  if (command.reference) reference = read_finite_model(*command.reference);
  const auto data = open_samples(command.data, command.data_options, input_specs(graph));
  std::optional<Labels> labels;
  if (command.labels) labels = open_labels(*command.labels, *data);
  const Figures figures = evaluate(graph, reference ? &*reference : nullptr, *data, labels ? &*labels : nullptr,
                                   {arithmetic, command.ignore_label, -1}, job);

  const ProcessFigures process = process_figures();
  Table table({Table::Align::left, Table::Align::left}, 1);
  table.add({"model", command.model + (arithmetic == Arithmetic::float32 ? " (float)" : fmt::format(" (simulated, {})", target.name))});
  table.add({"samples", std::to_string(figures.samples)});
  if (figures.top1) table.add({"top-1", fmt::format("{:.2f} %", *figures.top1)});
  if (figures.top5) table.add({"top-5", fmt::format("{:.2f} %", *figures.top5)});
  if (figures.miou) table.add({"mIoU", fmt::format("{:.2f} %", *figures.miou)});
  for (const OutputFigures& output : figures.outputs) {
    table.add({figures.outputs.size() > 1 ? "against " + output.name : "against float",
               fmt::format("KL {:.3g} nats, SQNR {}, same top-1 {:.2f} %", output.kl,
                           output.sqnr_db ? fmt::format("{:.2f} dB", *output.sqnr_db) : "infinite (equal)", output.same_top1)});
  }
  table.add({"speed", fmt::format("{:.1f} samples/s, {}", static_cast<double>(figures.samples) / figures.seconds, format_seconds(process.seconds))});
  table.add({"peak memory", format_bytes(process.peak_memory_bytes)});
  print(common, table.text());
  write_json(common, evaluate_json(command.model, command.as, target.name, command.reference, figures, process));
}

}  // namespace halftone::cli
