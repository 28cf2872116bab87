// halftone run MODEL --data D -o FOLDER: one .npz a sample, named like it, every output (and value named) by its name.
#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "evaluation/batches.h"
#include "pipeline/quantize.h"
#include "tensor/npz.h"

namespace halftone::cli {
namespace {

namespace fs = std::filesystem;

std::vector<ValueId> matching_values(const Graph& graph, const std::vector<std::string>& globs) {
  std::vector<std::string> names;
  std::vector<ValueId> matched;
  for (ValueId id : graph.values()) {
    const Value& value = graph.value(id);
    if (value.is_constant() || graph.is_output(id)) continue;
    names.push_back(value.name);
    if (std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) { return glob_matches(glob, value.name); })) matched.push_back(id);
  }
  for (const std::string& glob : globs) {
    const bool output = std::any_of(graph.outputs().begin(), graph.outputs().end(), [&](ValueId id) { return glob_matches(glob, graph.value(id).name); });
    if (!output && std::none_of(names.begin(), names.end(), [&](const std::string& name) { return glob_matches(glob, name); })) {
      throw UsageError("--values '{}' matches no value{}", glob, did_you_mean(glob, names));
    }
  }
  return matched;
}

// The contents of a view as a tensor of real numbers in the usual order.
Tensor tensor_of(const TapView& view) {
  Tensor tensor(DataType::float32, view.shape);
  std::span<float> out = tensor.mutable_values<float>();
  const float scale = view.codes != nullptr ? view.codes->scale[0] : 1.0f;
  const ChannelWalk walk = channel_walk(view.shape, view.channels_last ? 1 : Encoding::kPerTensor);
  for (std::int64_t o = 0; o < walk.outer; ++o) {
    for (std::int64_t c = 0; c < walk.channels; ++c) {
      for (std::int64_t i = 0; i < walk.inner; ++i) {
        out[static_cast<std::size_t>((o * walk.channels + c) * walk.inner + i)] = view.data[(o * walk.inner + i) * walk.channels + c] * scale;
      }
    }
  }
  return tensor;
}

// Sample `index` of a batch's tensor, with a batch axis of 1.
Tensor sample_of(const Tensor& tensor, std::int64_t index, std::int64_t samples) {
  if (tensor.rank() == 0 || tensor.shape()[0] < samples || tensor.shape()[0] == 0) return tensor;
  Shape shape = tensor.shape();
  const std::size_t row = tensor.bytes() / static_cast<std::size_t>(shape[0]);
  shape[0] = 1;
  Tensor one(tensor.type(), shape);
  std::memcpy(one.mutable_data(), tensor.data() + static_cast<std::size_t>(index) * row, row);
  return one;
}

void check_folder(const std::string& name) {
  std::error_code ignored;
  if (fs::exists(name, ignored) && !fs::is_directory(name, ignored)) throw Error("{}: is a file; give a folder", name);
}

fs::path make_folder(const std::string& name) {
  std::error_code failure;
  fs::create_directories(name, failure);
  if (failure) throw Error("{}: the folder cannot be made: {}", name, failure.message());
  return name;
}

std::string file_name(const SampleSource& data, std::int64_t sample) {
  if (data.has_file_names()) return fs::path(data.name(sample)).stem().string() + ".npz";
  return fmt::format("sample_{:06d}.npz", sample + data.skipped());
}

}  // namespace

void run_model(const RunCommand& command, const Common& common) {
  const Arithmetic arithmetic = arithmetic_of(command.as);
  ConsoleProgress progress;
  const Job job = make_job(common, &progress);
  Graph graph = read_model(command.model);
  const Target target = simulated_target(graph, command.target, common);
  const std::vector<ValueId> taps = matching_values(graph, command.values);
  if (taps.empty()) graph = prepared_for_running(graph);  // every value named is there as the file has it
  const auto data = open_samples(command.data, command.data_options, input_specs(graph));
  check_folder(command.output);
  Session session(graph, arithmetic, common.threads, taps);
  std::set<ValueId> missing(taps.begin(), taps.end());
  for_each_batch(*data, plan_batches(graph, *data, arithmetic, job), job, "running", -1, [&](const Batch& batch) {
    std::vector<std::pair<std::string, Tensor>> arrays;
    const std::vector<Tensor> outputs = session.run(batch.inputs, [&](const TapView& view) {
      missing.erase(view.value);
      arrays.emplace_back(graph.value(view.value).name, tensor_of(view));
    });
    for (std::size_t i = 0; i < outputs.size(); ++i) arrays.emplace_back(graph.value(graph.outputs()[i]).name, outputs[i]);
    const fs::path folder = make_folder(command.output);  // now that there is something to put into it
    for (std::int64_t s = 0; s < batch.count; ++s) {
      std::vector<std::pair<std::string, Tensor>> own;
      for (const auto& [name, tensor] : arrays) own.emplace_back(name, data->is_feeds() ? tensor : sample_of(tensor, s, batch.count));
      write_npz(folder / file_name(*data, batch.first + s), own);
    }
  });
  if (!missing.empty() && !common.quiet) {
    std::vector<std::string> names;
    for (ValueId id : missing) names.push_back(graph.value(id).name);
    warn(fmt::format("{} of the values named vanish into fused steps or constants and were not written: {}", names.size(), join(names, ", ")));
  }
  print(common, fmt::format("{} -> {}\n", counted(data->size(), "sample"), command.output));
  write_json(common, run_json(command.model, command.as, target.name, command.output, data->size(), process_figures()));
}

}  // namespace halftone::cli
