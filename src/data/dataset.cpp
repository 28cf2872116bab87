#include "data/dataset.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "data/dataset_kinds.h"
#include "data/model_input.h"
#include "tensor/npz.h"

namespace halftone {
namespace fs = std::filesystem;
namespace {

std::string lower_case(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

std::string quoted_names(const std::vector<InputSpec>& inputs) {
  std::vector<std::string> names;
  for (const InputSpec& input : inputs) names.push_back("'" + input.name + "'");
  return join(names, ", ");
}

// An input's name as a file's name.
std::string file_name_of(const InputSpec& input) {
  std::string name = input.name;
  std::replace(name.begin(), name.end(), '/', '_');
  return name + ".npy";
}

void check_one_input(const std::vector<InputSpec>& inputs, const std::string& where, const char* what) {
  if (inputs.size() == 1) return;
  throw Error("{}: {} feeds one input, but the model has {}: {}; give an .npz or a folder of .npy named like them",
              where, what, inputs.size(), quoted_names(inputs));
}

std::unique_ptr<SampleSource> open_npy(const fs::path& path, const DataOptions& options, const std::vector<InputSpec>& inputs) {
  check_one_input(inputs, path.string(), "a single .npy");
  NpyFile array(path);
  if (holds_pictures(array, inputs[0])) return open_picture_array(std::move(array), options, inputs[0]);
  return open_arrays({std::move(array)}, path.string(), options, inputs);
}

std::unique_ptr<SampleSource> open_npz(const fs::path& path, const DataOptions& options, const std::vector<InputSpec>& inputs) {
  const NpzFile file(path);
  std::vector<NpyFile> arrays;
  for (const InputSpec& input : inputs) {
    if (!file.has(input.name)) {
      throw Error("{}: holds no array for the model's {}; it holds {}", path.string(), describe(input),
                  file.names().empty() ? "nothing" : quoted_list(file.names()));
    }
    arrays.push_back(file.open(input.name));
  }
  if (arrays.size() == 1 && holds_pictures(arrays[0], inputs[0])) return open_picture_array(arrays[0], options, inputs[0]);
  return open_arrays(std::move(arrays), path.string(), options, inputs);
}

std::unique_ptr<SampleSource> open_npy_folder(const fs::path& folder, const DataOptions& options,
                                         const std::vector<InputSpec>& inputs) {
  std::vector<NpyFile> arrays;
  for (const InputSpec& input : inputs) {
    const fs::path file = folder / file_name_of(input);
    if (!fs::exists(file)) {
      std::vector<std::string> names;
      for (const fs::path& there : files_in(folder, {".npy"})) names.push_back(there.filename().string());
      throw Error("{}: holds no {} for the model's {}; it holds {}", folder.string(), file_name_of(input), describe(input), quoted_list(names));
    }
    arrays.emplace_back(file);
  }
  if (arrays.size() == 1 && holds_pictures(arrays[0], inputs[0])) return open_picture_array(arrays[0], options, inputs[0]);
  return open_arrays(std::move(arrays), folder.string(), options, inputs);
}

std::unique_ptr<SampleSource> open_folder(const fs::path& folder, const DataOptions& options,
                                     const std::vector<InputSpec>& inputs) {
  std::vector<fs::path> pictures = files_in(folder, {".jpg", ".jpeg", ".png"});
  std::vector<fs::path> feeds = files_in(folder, {".npz"});
  const bool has_arrays = !files_in(folder, {".npy"}).empty();
  if (!pictures.empty() && (inputs.size() == 1 || (feeds.empty() && !has_arrays))) {
    check_one_input(inputs, folder.string(), "a folder of pictures");
    return open_picture_files(std::move(pictures), folder, options, inputs[0]);
  }
  if (!feeds.empty()) return open_feeds(std::move(feeds), folder, options, inputs);
  if (has_arrays) return open_npy_folder(folder, options, inputs);
  throw Error("{}: holds no JPEG or PNG pictures (.jpg, .jpeg, .png), no .npz feeds and no .npy arrays", folder.string());
}

}  // namespace

std::vector<InputSpec> input_specs(const Graph& graph) {
  std::vector<InputSpec> specs;
  for (const ValueId id : graph.inputs()) {
    const Value& value = graph.value(id);
    if (value.is_constant()) continue;
    specs.push_back({value.name, value.type, value.dims.value_or(std::vector<Dimension>{})});
  }
  return specs;
}

SampleRange sample_range(std::int64_t total, const DataOptions& options, const std::string& where) {
  if (options.samples && *options.samples < 1) throw UsageError("--samples: {}; give at least 1", *options.samples);
  if (options.skip < 0) throw UsageError("--skip: {}; give 0 or more", options.skip);
  if (total == 0) throw Error("{}: holds no samples", where);
  if (options.skip >= total) {
    throw Error("{}: holds {} sample{}; --skip {} leaves none", where, total, total == 1 ? "" : "s", options.skip);
  }
  return {options.skip, std::min(total - options.skip, options.samples.value_or(total))};
}

std::vector<std::string> SampleFiles::left_out() const {
  std::vector<std::string> names;
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(files_.size()); ++i) {
    const bool used = i >= range_.skip && i < range_.skip + range_.count;
    if (!used) names.push_back(files_[static_cast<std::size_t>(i)].filename().string());
  }
  return names;
}

std::vector<fs::path> files_in(const fs::path& folder, const std::vector<std::string>& extensions) {
  std::vector<fs::path> files;
  std::error_code failure;
  for (fs::directory_iterator entry(folder, failure), end; !failure && entry != end; entry.increment(failure)) {
    const std::string name = entry->path().filename().string(), extension = lower_case(entry->path().extension().string());
    const bool wanted = std::find(extensions.begin(), extensions.end(), extension) != extensions.end();
    std::error_code ignored;
    if (wanted && name.front() != '.' && !entry->is_directory(ignored)) files.push_back(entry->path());
  }
  if (failure) throw Error("{}: cannot be listed: {}", folder.string(), failure.message());
  std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) { return a.native() < b.native(); });
  return files;
}

void check_no_picture_options(const DataOptions& options, const std::string& where) {
  const char* flag = !options.mean.empty()                    ? "--mean"
                     : !options.std.empty()                   ? "--std"
                     : options.height || options.width        ? "--size"
                     : options.crop_fraction != 1             ? "--crop-fraction"
                     : options.color != ColorOrder::rgb       ? "--color"
                                                              : nullptr;
  if (flag == nullptr) return;
  throw UsageError("{}: is fed as it is; {} applies to pictures (files, or uint8 arrays N H W C)", where, flag);
}

std::unique_ptr<SampleSource> open_samples(const fs::path& path, const DataOptions& options,
                                      const std::vector<InputSpec>& inputs) {
  if (inputs.empty()) throw Error("{}: the model has no inputs to feed", path.string());
  std::error_code ignored;
  if (!fs::exists(path, ignored)) throw Error("{}: does not exist", path.string());
  if (fs::is_directory(path, ignored)) return open_folder(path, options, inputs);
  const std::string extension = lower_case(path.extension().string());
  if (extension == ".npy") return open_npy(path, options, inputs);
  if (extension == ".npz") return open_npz(path, options, inputs);
  throw Error("{}: is not a kind of data that is read; give a folder of JPEG or PNG pictures, an .npy, an .npz, a folder "
              "of .npy named like the inputs or a folder of .npz feeds", path.string());
}

}  // namespace halftone
