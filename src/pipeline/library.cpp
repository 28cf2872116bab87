// What include/halftone promises and no other room has: samples that are opened when a network takes them.
#include <halftone/halftone.h>

namespace halftone {
namespace {

Dataset existing(const std::filesystem::path& path, DataOptions options) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) throw Error("{}: does not exist", path.string());
  return {path, std::move(options)};
}

}  // namespace

Dataset open_pictures(const std::filesystem::path& folder, DataOptions options) { return existing(folder, std::move(options)); }
Dataset open_arrays(const std::filesystem::path& path, DataOptions options) { return existing(path, std::move(options)); }

QuantizeReport quantize(Graph& graph, const Dataset& samples, const QuantizeOptions& options, const Job& job) {
  DataOptions data_options = samples.options;
  data_options.keep_bytes = kKeptPictureBytes;
  const auto source = open_samples(samples.path, data_options, input_specs(graph));
  const Graph reference = prepared_for_running(graph);
  QuantizeReport report = quantize(graph, *source, options, job);
  report.figures = evaluate(graph, &reference, *source, nullptr, {.arithmetic = Arithmetic::simulated, .known = report.float_outputs.get()}, job);
  return report;
}

Figures evaluate(const Graph& graph, const Graph& reference, const Dataset& samples, const Job& job) {
  const auto source = open_samples(samples.path, samples.options, input_specs(graph));
  const Graph prepared = prepared_for_running(reference);
  return evaluate(graph, &prepared, *source, nullptr, {.arithmetic = Arithmetic::simulated}, job);
}

}  // namespace halftone
