#include "cli/overwriting.h"

#include <filesystem>

#include "base/error.h"

namespace halftone::cli {
namespace {

namespace fs = std::filesystem;

struct Named {
  const char* flag;
  std::string path;  // empty: not given
};

bool is_same(const fs::path& a, const fs::path& b) {
  std::error_code ignored;
  if (fs::exists(a, ignored) && fs::exists(b, ignored)) return fs::equivalent(a, b, ignored);
  return fs::weakly_canonical(a, ignored) == fs::weakly_canonical(b, ignored);
}

bool is_file_of(const fs::path& file, const fs::path& folder) {
  std::error_code ignored;
  return fs::is_directory(folder, ignored) && fs::is_regular_file(file, ignored) && is_same(fs::absolute(file).parent_path(), folder);
}

bool is_written_over(const std::string& path) {
  std::error_code ignored;
  return !path.empty() && path != "-" && (!fs::exists(path, ignored) || fs::is_regular_file(path, ignored) || fs::is_directory(path, ignored));
}

void check(const std::vector<Named>& inputs, const std::vector<Named>& outputs) {
  for (const Named& output : outputs) {
    if (!is_written_over(output.path)) continue;
    for (const Named& input : inputs) {
      if (input.path.empty()) continue;
      if (is_same(output.path, input.path)) throw UsageError("{} {}: is also {}, which would be overwritten; give another name", output.flag, output.path, input.flag);
      if (is_file_of(output.path, input.path)) throw UsageError("{} {}: is one of the files of {}; give another name", output.flag, output.path, input.flag);
    }
    for (const Named& other : outputs) {
      if (&other == &output || !is_written_over(other.path) || !is_same(output.path, other.path)) continue;
      throw UsageError("{} and {} are one file, {}; give two names", output.flag, other.flag, output.path);
    }
  }
}

void refuse_stdout(const char* flag, const char* what, const std::optional<std::string>& path) {
  if (path == "-") throw UsageError("{} -: {} cannot go to stdout; give a file name", flag, what);
}

}  // namespace

void refuse_overwriting(const CommandLine& line) {
  const Named config = {"--config", line.common.config}, json = {"--json", line.common.json.value_or("")};
  if (line.command == "inspect") check({{"MODEL", line.inspect.model}, config}, {json});
  if (line.command == "evaluate") {
    const EvaluateCommand& c = line.evaluate;
    check({{"MODEL", c.model}, {"--data", c.data}, {"--labels", c.labels.value_or("")}, {"--reference", c.reference.value_or("")}, config}, {json});
  }
  if (line.command == "run") check({{"MODEL", line.run.model}, {"--data", line.run.data}, config}, {{"--output", line.run.output}, json});
  if (line.command == "quantize") {
    const QuantizeCommand& c = line.quantize;
    refuse_stdout("--output", "the quantized network", c.output);
    refuse_stdout("--encodings", "encodings", c.encodings);
    check({{"MODEL", c.model}, {"--data", c.data}, {"--load-encodings", c.options.load_encodings}, config},
          {{"--output", c.output.value_or("")}, {"--encodings", c.encodings.value_or("")}, json});
  }
}

}  // namespace halftone::cli
