#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <sstream>

#include "base/text.h"
#include "cli/config_file.h"

namespace halftone::cli {
namespace {

// Flags as texts, before they become options.
struct Texts {
  std::string size, interpolation = "bilinear", color = "rgb", mean, std;
  std::optional<std::int64_t> samples;
  std::string granularity = "channel", symmetric = "weights", weight_range = "mse", activation_range = "mse";
  std::string passes, max_memory;
  int threads = 0;
};

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

std::vector<float> numbers(const std::string& flag, const std::string& text) {
  std::vector<float> values;
  for (const std::string& part : split(text, ',')) {
    char* end = nullptr;
    values.push_back(std::strtof(part.c_str(), &end));
    if (part.empty() || *end != '\0') throw UsageError("--{} '{}' is no list of numbers; write for example 123.7,116.3,103.5", flag, text);
  }
  if (values.size() != 0 && values.size() != 1 && values.size() != 3) {
    throw UsageError("--{} takes one number, or one for each of three colours; {} were given", flag, values.size());
  }
  return values;
}

void read_size(const std::string& text, DataOptions& options) {
  if (text.empty()) return;
  const auto number = [&](const std::string& part) {
    char* end = nullptr;
    const long value = std::strtol(part.c_str(), &end, 10);
    if (part.empty() || *end != '\0' || value < 1 || value > 65536) throw UsageError("--size '{}' is no size; write 224 or 360x480 (height x width)", text);
    return static_cast<std::int64_t>(value);
  };
  const std::size_t cross = text.find('x');
  options.height = number(text.substr(0, cross));
  options.width = cross == std::string::npos ? options.height : number(text.substr(cross + 1));
}

void read_data_texts(const Texts& texts, DataOptions& options) {
  options.samples = texts.samples;
  read_size(texts.size, options);
  options.mean = numbers("mean", texts.mean);
  options.std = numbers("std", texts.std);
  const std::map<std::string, Interpolation> filters = {
      {"bilinear", Interpolation::bilinear}, {"bicubic", Interpolation::bicubic}, {"nearest", Interpolation::nearest}};
  options.interpolation = filters.at(texts.interpolation);
  const std::map<std::string, ColorOrder> colors = {{"rgb", ColorOrder::rgb}, {"bgr", ColorOrder::bgr}, {"grey", ColorOrder::grey}};
  options.color = colors.at(texts.color);
}

void read_settings(const Texts& texts, QuantizeOptions& options) {
  QuantizeSettings& s = options.settings;
  s.granularity = texts.granularity == "tensor" ? Granularity::tensor : Granularity::channel;
  s.symmetric_weights = texts.symmetric == "weights" || texts.symmetric == "both";
  s.symmetric_activations = texts.symmetric == "activations" || texts.symmetric == "both";
  s.weight_range = range_method(texts.weight_range);
  s.activation_range = range_method(texts.activation_range);
  options.passes = split(texts.passes, ',');
}

class Parser {
 public:
  explicit Parser(CommandLine& line) : line_(line) {}

  int parse(std::vector<std::string> arguments) {
    app_.name("halftone");
    app_.set_version_flag("--version", std::string("halftone ") + HALFTONE_VERSION);
    app_.require_subcommand(1);
    app_.fallthrough(false);
    add_inspect();
    add_evaluate();
    add_run();
    add_quantize();
    std::reverse(arguments.begin(), arguments.end());
    try {
      app_.parse(arguments);
    } catch (const CLI::ParseError& error) {
      return error.get_exit_code() == 0 ? (app_.exit(error), 0) : usage_error(error);
    }
    line_.command = app_.get_subcommands().front()->get_name();
    finish();
    return 0;
  }

 private:
  int usage_error(const CLI::ParseError& error) {
    std::string where;
    for (const CLI::App* sub : app_.get_subcommands()) where = " " + sub->get_name();
    std::string hint;
    if (const auto* extras = dynamic_cast<const CLI::ExtrasError*>(&error)) {
      (void)extras;
      hint = near_flag(error.what());
    }
    std::fprintf(stderr, "halftone: %s%s\nTry: halftone%s --help\n", error.what(), hint.c_str(), where.c_str());
    return 2;
  }

  // "; did you mean '--mean'?" for a flag that does not exist.
  std::string near_flag(const std::string& message) {
    const std::size_t at = message.rfind(' ');
    const std::string wrong = at == std::string::npos ? message : message.substr(at + 1);
    std::vector<std::string> names;
    for (const CLI::App* sub : app_.get_subcommands()) {
      for (const CLI::Option* option : sub->get_options()) names.push_back("--" + option->get_single_name());
    }
    if (names.empty()) names = {"inspect", "evaluate", "run", "quantize"};
    return did_you_mean(wrong.substr(0, wrong.find('=')), names);
  }

  void finish() {
    line_.common.threads = texts_.threads > 0 ? texts_.threads : hardware_threads();
    if (!texts_.max_memory.empty()) line_.common.max_memory = parse_bytes(texts_.max_memory);
    for (DataOptions* options : {&line_.evaluate.data_options, &line_.run.data_options, &line_.quantize.data_options}) {
      const std::int64_t skip = options->skip;
      const double fraction = options->crop_fraction;
      read_data_texts(texts_, *options);
      options->skip = skip;
      options->crop_fraction = fraction;
    }
    read_settings(texts_, line_.quantize.options);
  }

  template <typename T>
  static CLI::Option* option(CLI::App* app, const std::string& name, T& value, const std::string& help) {
    return app->add_option(name, value, help)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  }

  void add_common(CLI::App* app) {
    option(app, "--json", line_.common.json, "write the result as JSON to this file, or to stdout with -");
    app->add_flag("--quiet", line_.common.quiet, "no progress, no tables");
    option(app, "--threads", texts_.threads, "threads (default: the cores)")->check(CLI::Range(1, 1024));
    option(app, "--seed", line_.common.seed, "of everything random (default 0)");
    app->add_option("--config", unused_, "TOML file with the same keys as these flags; flags win");
  }

  void add_data(CLI::App* app, std::string& data, DataOptions& options, bool required) {
    CLI::Option* d = option(app, "--data", data, "samples: folder of JPEG/PNG, .npy, .npz, folder of .npy or .npz");
    if (required) d->required();
    option(app, "--samples", texts_.samples, "use the first N samples (default: all)");
    option(app, "--skip", options.skip, "pass over the first N samples");
    option(app, "--size", texts_.size, "resize to N x N or HxW (default: the model's input)");
    option(app, "--crop-fraction", options.crop_fraction, "part of the short side that is kept, 0..1 (default 1)");
    option(app, "--interpolation", texts_.interpolation, "bilinear, bicubic or nearest")->check(CLI::IsMember({"bilinear", "bicubic", "nearest"}));
    option(app, "--color", texts_.color, "rgb, bgr or grey")->check(CLI::IsMember({"rgb", "bgr", "grey"}));
    option(app, "--mean", texts_.mean, "subtracted, on the 0..255 scale: one number or three with commas");
    option(app, "--std", texts_.std, "divided by, on the 0..255 scale: one number or three with commas");
  }

  void add_as(CLI::App* app, std::string& as) {
    option(app, "--as", as, "arithmetic: simulated (default) or float")->check(CLI::IsMember({"simulated", "float", "integer"}));
  }

  void add_inspect() {
    CLI::App* app = app_.add_subcommand("inspect", "what a model holds, and whether halftone can run it");
    app->add_option("MODEL", line_.inspect.model, "ONNX file")->required();
    add_common(app);
  }

  void add_evaluate() {
    EvaluateCommand& c = line_.evaluate;
    CLI::App* app = app_.add_subcommand("evaluate", "accuracy of a model on data, and its distance from a float reference");
    app->add_option("MODEL", c.model, "ONNX file, float or quantized")->required();
    add_data(app, c.data, c.data_options, true);
    option(app, "--labels", c.labels, "right answers: CSV (file,class), .npy of classes, or folder of label pictures");
    option(app, "--ignore-label", c.ignore_label, "class in label pictures that is not counted");
    add_as(app, c.as);
    option(app, "--reference", c.reference, "float ONNX file to compare with");
    option(app, "--target", c.target, "arithmetic of this target instead of the file's");
    add_common(app);
  }

  void add_run() {
    RunCommand& c = line_.run;
    CLI::App* app = app_.add_subcommand("run", "runs a model and writes its outputs, one .npz a sample");
    app->add_option("MODEL", c.model, "ONNX file, float or quantized")->required();
    add_data(app, c.data, c.data_options, true);
    option(app, "-o,--output", c.output, "folder for the .npz files")->required();
    add_as(app, c.as);
    app->add_option("--values", c.values, "also write values whose names match this glob (again for more)")->expected(1)->take_all();
    option(app, "--target", c.target, "arithmetic of this target instead of the file's");
    add_common(app);
  }

  void add_quantize() {
    QuantizeCommand& c = line_.quantize;
    QuantizeSettings& s = c.options.settings;
    CLI::App* app = app_.add_subcommand("quantize", "float ONNX file in, quantized ONNX file out");
    app->add_option("MODEL", c.model, "float ONNX file")->required();
    add_data(app, c.data, c.data_options, false);
    option(app, "-o,--output", c.output, "quantized file (default: MODEL with .int8.onnx)");
    option(app, "--weights", s.weights, "codes of the weights: int8");
    option(app, "--activations", s.activations, "codes of the activations: uint8 (default) or int8");
    option(app, "--granularity", texts_.granularity, "weight scales per channel or tensor")->check(CLI::IsMember({"channel", "tensor"}));
    option(app, "--symmetric", texts_.symmetric, "which grids have zero in the middle: weights (default), none, activations, both")
        ->check(CLI::IsMember({"weights", "none", "activations", "both"}));
    option(app, "--weight-range", texts_.weight_range, "mse (default) or minmax");
    option(app, "--activation-range", texts_.activation_range, "mse (default), minmax, mean-minmax, percentile or kl");
    option(app, "--percentile", s.percentile, "of --activation-range percentile (default 99.999)")->check(CLI::Range(50.0, 100.0));
    option(app, "--bins", s.bins, "bins of the histograms (default 8192)");
    option(app, "--target", c.options.target, "device: " + join(target_names(), ", ") + ", or a .toml file");
    app->add_option("--exclude", s.exclude, "leave nodes whose names match this glob in float (again for more)")->expected(1)->take_all();
    std::string passes;
    for (const Pass* pass : all_passes()) passes += fmt::format("\n  {:<24}{}", pass->name, pass->summary);
    option(app, "--passes", texts_.passes, "run these alone, with commas");
    app->add_option("--disable-pass", c.options.disabled, "skip this pass (again for more)")->expected(1)->take_all();
    app->add_flag("--dry-run", c.dry_run, "say which value would get which grid, and why; needs no data");
    option(app, "--max-memory", texts_.max_memory, "use at most this much memory, e.g. 400M");
    add_common(app);
    app->footer("Passes, in their order:" + passes);
  }

  CommandLine& line_;
  Texts texts_;
  std::string unused_;
  CLI::App app_{"Turns trained float networks into low-bit integer ones, and proves that they still work."};
};

}  // namespace

CommandLine parse_command_line(int argc, char** argv) {
  CommandLine line;
  Parser parser(line);
  line.status = parser.parse(with_config_file({argv + 1, argv + argc}));
  return line;
}

Arithmetic arithmetic_of(const std::string& as) {
  if (as == "integer") throw UsageError("--as integer is not supported yet; give simulated or float");
  return as == "float" ? Arithmetic::float32 : Arithmetic::simulated;
}

}  // namespace halftone::cli
