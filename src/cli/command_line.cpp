#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <limits>
#include <map>
#include <sstream>

#include "base/text.h"
#include "cli/checks.h"
#include "cli/config_file.h"
#include "passes/layer_bits.h"
#include "report/table.h"

namespace halftone::cli {
namespace {

// Flags as texts, before they become options.
struct Texts {
  std::string size, interpolation = "bilinear", color = "rgb", mean, std;
  std::optional<std::int64_t> samples;
  std::string weights = "int8", activations = "uint8", granularity = "channel", symmetric = "weights", weight_range = "mse", activation_range = "mse", rounding = "fast";
  std::string passes, max_memory, first_last, encodings_version;
  std::vector<std::string> bits, disabled_passes;
  int threads = 0;
};

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

// "a,b" and "c" as "a", "b", "c".
std::vector<std::string> split_all(const std::vector<std::string>& texts) {
  std::vector<std::string> parts;
  for (const std::string& text : texts) {
    for (std::string& part : split(text, ',')) parts.push_back(std::move(part));
  }
  return parts;
}

std::vector<float> numbers(const std::string& flag, const std::string& text) {
  std::vector<float> values;
  for (const std::string& part : split(text, ',')) {
    char* end = nullptr;
    values.push_back(std::strtof(part.c_str(), &end));
    if (part.empty() || *end != '\0' || text.back() == ',') throw UsageError("--{} '{}' is no list of numbers; write for example 123.7,116.3,103.5", flag, text);
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

struct CodeType {
  int bits = 8;
  bool is_signed = false;
};

// "int8", "uint4": which of them a target takes is not known here.
CodeType code_type(const std::string& flag, const std::string& text, const std::string& examples) {
  CodeType type{0, text.starts_with("int")};
  const std::string digits = text.substr(std::min(text.size(), text.find("int") + 3));
  const bool is_number = !digits.empty() && digits.size() <= 2 && digits[0] != '0' && std::all_of(digits.begin(), digits.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  if ((type.is_signed || text.starts_with("uint")) && is_number) type.bits = std::stoi(digits);
  if (type.bits < 1 || type.bits > 32) throw UsageError("--{} {}: is no type of codes; give {}", flag, text, examples);
  return type;
}

LayerBits bits_of(const std::string& flag, const std::string& text) {
  if (const auto bits = layer_bits(text)) return *bits;
  throw UsageError("{}: '{}' is no pair of widths; write for example w4a8, w4 or a16", flag, text);
}

NamedBits named_bits(const std::string& text) {
  const std::size_t equals = text.rfind('=');
  if (equals == std::string::npos || equals == 0) throw UsageError("--bits '{}': a node name and its widths are needed, for example 'conv1=w4a8'", text);
  return {text.substr(0, equals), bits_of("--bits '" + text + "'", text.substr(equals + 1))};
}

void read_settings(const Texts& texts, QuantizeOptions& s) {
  const CodeType weights = code_type("weights", texts.weights, "'int2' to 'int8', or 'int16'");
  const CodeType activations = code_type("activations", texts.activations, "'uint4' to 'uint16', or 'int4' to 'int16'");
  if (!weights.is_signed) throw UsageError("--weights {}: codes of weights are signed; give 'int2' to 'int8', or 'int16'", texts.weights);
  s.weight_bits = weights.bits;
  s.activation_bits = activations.bits;
  s.signed_activations = activations.is_signed;
  if (!texts.first_last.empty()) s.first_last = bits_of("--first-last", texts.first_last);
  for (const std::string& text : texts.bits) s.named_bits.push_back(named_bits(text));
  s.rounding = texts.rounding == "fast" ? Rounding::fast : Rounding::nearest;
  s.granularity = texts.granularity == "tensor" ? Granularity::tensor : Granularity::channel;
  s.symmetric_weights = texts.symmetric == "weights" || texts.symmetric == "both";
  s.symmetric_activations = texts.symmetric == "activations" || texts.symmetric == "both";
  s.weight_range = range_method(texts.weight_range);
  s.activation_range = range_method(texts.activation_range);
  s.passes = split(texts.passes, ',');
  s.disabled_passes = split_all(texts.disabled_passes);
}

std::uint64_t memory_size(const std::string& text) {
  try {
    return parse_bytes(text);
  } catch (const UsageError& error) {
    throw UsageError("--max-memory {}", error.what());
  }
}

// "  --samples N             use the first N samples (default: all)", wrapped.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_option(const CLI::Option* option, bool is_positional) const override {
    const std::string value = option->get_type_size() == 0 || is_positional ? "" : " " + option->get_type_name();
    const std::string required = option->get_required() && !is_positional ? " (required)" : "";
    return entry(make_option_name(option, is_positional) + value, option->get_description() + required);
  }
  std::string make_subcommand(const CLI::App* command) const override { return entry(command->get_name(), command->get_description()); }

 private:
  static std::string entry(const std::string& name, const std::string& text) {
    constexpr std::size_t kColumn = 26;
    const std::string first = "  " + name;
    if (first.size() + 2 > kColumn) return first + "\n" + wrapped(std::string(kColumn, ' '), text);
    return wrapped(first + std::string(kColumn - first.size(), ' '), text);
  }
};

class Parser {
 public:
  explicit Parser(CommandLine& line) : line_(line) {}

  int parse(Arguments given) {
    config_ = std::move(given.config);
    std::vector<std::string> arguments = std::move(given.list);
    app_.formatter(std::make_shared<HelpFormatter>());
    app_.name("halftone");
    app_.set_version_flag("--version", std::string("halftone ") + HALFTONE_VERSION, "print the version");
    app_.set_help_flag("-h,--help", "print this help");
    app_.require_subcommand(1);
    app_.fallthrough(false);
    add_inspect();
    add_evaluate();
    add_run();
    add_quantize();
    refuse_flags_as_values(arguments);
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
  // CLI11 takes whatever follows a flag for its value, the next flag too.
  void refuse_flags_as_values(const std::vector<std::string>& arguments) const {
    if (arguments.empty()) return;
    const auto subs = app_.get_subcommands([&](const CLI::App* sub) { return sub->get_name() == arguments.front(); });
    const auto flag_of = [&](const std::string& text) { return text.starts_with("-") ? subs.front()->get_option_no_throw(text) : nullptr; };
    for (std::size_t i = 1; !subs.empty() && i + 1 < arguments.size(); ++i) {
      const std::string &text = arguments[i], &next = arguments[i + 1];
      const CLI::Option* flag = flag_of(text);
      if (flag == nullptr || flag->get_items_expected_min() == 0 || flag_of(next) == nullptr) continue;
      throw UsageError("{} needs a value; '{}' behind it is the next flag", text, next);
    }
  }

  int usage_error(const CLI::ParseError& error) {
    const std::vector<CLI::App*> subs = app_.get_subcommands();
    const CLI::App* sub = subs.empty() ? nullptr : subs.front();
    const std::string command = sub == nullptr ? "halftone" : "halftone " + sub->get_name();
    std::fprintf(stderr, "halftone: %s; see %s --help\n", what_is_wrong(error, sub).c_str(), command.c_str());
    return 2;
  }

  // Arguments that nobody takes come first: a misspelt flag is often why another one is missing.
  std::string what_is_wrong(const CLI::ParseError& error, const CLI::App* sub) const {
    const std::vector<std::string> extras = sub == nullptr ? app_.remaining() : sub->remaining();
    const auto flag = std::find_if(extras.begin(), extras.end(), [](const std::string& text) { return text.size() > 1 && text[0] == '-'; });
    if (flag != extras.end()) return unknown_flag(*flag, sub);
    if (!extras.empty() && sub == nullptr) return no_subcommand(extras.front());
    if (!extras.empty()) return fmt::format("'{}' is one argument too many: {} takes one MODEL", extras.front(), sub->get_name());
    const std::string text = error.what(), name = text.substr(0, text.find(':'));
    if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) return name + " needs a value";
    if (dynamic_cast<const CLI::ValidationError*>(&error) != nullptr) return name + text.substr(std::min(text.size(), name.size() + 1));
    if (dynamic_cast<const CLI::RequiredError*>(&error) == nullptr) return text;
    return sub == nullptr ? "a subcommand is missing: " + quoted_list(subcommands()) : text.substr(0, text.find(" is required")) + " is missing";
  }

  std::string unknown_flag(std::string flag, const CLI::App* sub) const {
    flag = flag.substr(0, flag.find('='));
    if (sub == nullptr) return fmt::format("'{}' stands before the subcommand; give one of {} first", flag, quoted_list(subcommands()));
    const bool of_config = std::find(config_.flags.begin(), config_.flags.end(), flag) != config_.flags.end();
    std::vector<std::string> names;
    for (const CLI::Option* option : sub->get_options([](const CLI::Option* o) { return o->nonpositional(); })) {
      names.push_back((of_config ? "" : "--") + option->get_single_name());
    }
    if (!of_config) return fmt::format("{} has no flag '{}'{}", sub->get_name(), flag, did_you_mean(flag, names));
    return fmt::format("{}: '{}' is no key of {}{}", config_.file, flag.substr(2), sub->get_name(), did_you_mean(flag.substr(2), names));
  }

  static std::vector<std::string> subcommands() { return {"inspect", "evaluate", "run", "quantize"}; }

  static std::string no_subcommand(const std::string& name) {
    const std::string near = did_you_mean(name, subcommands());
    return fmt::format("there is no subcommand '{}'{}", name, near.empty() ? "; give " + quoted_list(subcommands()) : near);
  }

  void finish() {
    line_.common.config = config_.file;
    line_.quantize.options.seed = line_.common.seed;
    line_.common.threads = texts_.threads > 0 ? texts_.threads : hardware_threads();
    if (!texts_.max_memory.empty()) line_.common.max_memory = memory_size(texts_.max_memory);
    for (DataOptions* options : {&line_.evaluate.data_options, &line_.run.data_options, &line_.quantize.data_options}) {
      const std::int64_t skip = options->skip;
      const double fraction = options->crop_fraction;
      read_data_texts(texts_, *options);
      options->skip = skip;
      options->crop_fraction = fraction;
    }
    read_settings(texts_, line_.quantize.options);
    if (!texts_.encodings_version.empty()) read_encodings_version();
    refuse_idle_percentile();
  }

  void refuse_idle_percentile() const {
    const QuantizeOptions& options = line_.quantize.options;
    if (options.percentile == QuantizeOptions{}.percentile || options.activation_range == RangeMethod::percentile) return;
    throw UsageError("--percentile is for --activation-range percentile, which is not given; leave it out or give both");
  }

  void read_encodings_version() {
    if (!line_.quantize.encodings) throw UsageError("--encodings-version is that of the file of --encodings, which is not given; leave it out or give both");
    line_.quantize.encodings_version = encodings_version(texts_.encodings_version);
  }

  template <typename T>
  static CLI::Option* option(CLI::App* app, const std::string& name, const std::string& value_name, T& value, const std::string& help) {
    return app->add_option(name, value, help)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)->type_name(value_name);
  }
  // May be given several times, one value each.
  static CLI::Option* repeated(CLI::App* app, const std::string& name, const std::string& value_name, std::vector<std::string>& values,
                               const std::string& help) {
    return app->add_option(name, values, help + " (again for more)")->expected(1)->take_all()->allow_extra_args(false)->type_name(value_name);
  }
  static CLI::Option* choice(CLI::App* app, const std::string& name, std::string& value, const std::vector<std::string>& names, const std::string& help) {
    std::vector<std::string> listed = names;
    listed.front() += " (default)";
    return option(app, name, "NAME", value, help + ": " + join(listed, ", "))->check(one_of(names));
  }

  void add_common(CLI::App* app) {
    constexpr const char* kGroup = "Common";
    option(app, "--json", "FILE", line_.common.json, "write the result as JSON to this file, or to stdout with -")->group(kGroup);
    app->add_flag("--quiet", line_.common.quiet, "no progress, no tables, no warnings")->group(kGroup);
    option(app, "--threads", "N", texts_.threads, "threads (default: the cores)")->check(whole_number(1, 1024))->group(kGroup);
    option(app, "--seed", "S", line_.common.seed, "of everything random (default 0)")->check(whole_number(0, kMost))->group(kGroup);
    option(app, "--config", "FILE", unused_, "TOML file with the same keys as these flags; flags win")->group(kGroup);
  }

  void add_data(CLI::App* app, std::string& data, DataOptions& options, bool required) {
    constexpr const char* kGroup = "Samples";
    const auto add = [&](const std::string& name, const std::string& value_name, auto& value, const std::string& help) {
      return option(app, name, value_name, value, help)->group(kGroup);
    };
    CLI::Option* d = add("--data", "D", data, "folder of JPEG/PNG, .npy, .npz, folder of .npy or of .npz");
    if (required) d->required();
    add("--samples", "N", texts_.samples, "use the first N samples (default: all)")->check(whole_number(1, kMost));
    add("--skip", "N", options.skip, "pass over the first N samples")->check(whole_number(0, kMost));
    add("--size", "N|HxW", texts_.size, "resize to N x N or H x W (default: the model's input)");
    add("--crop-fraction", "F", options.crop_fraction, "part of the short side that is kept, up to 1 (default)")->check(real_number(0, 1));
    choice(app, "--interpolation", texts_.interpolation, {"bilinear", "bicubic", "nearest"}, "of the resize")->group(kGroup);
    choice(app, "--color", texts_.color, {"rgb", "bgr", "grey"}, "what the model takes")->group(kGroup);
    add("--mean", "M[,M,M]", texts_.mean, "subtracted, on the 0..255 scale: one number or one a colour");
    add("--std", "S[,S,S]", texts_.std, "divided by, on the 0..255 scale: one number or one a colour");
  }

  void add_as(CLI::App* app, std::string& as) {
    const Check known = [](const std::string& text) { return text == "integer" ? "" : one_of({"simulated", "float"})(text); };  // see arithmetic_of
    option(app, "--as", "NAME", as, "arithmetic: simulated (default), float")->check(known);
  }

  void add_target(CLI::App* app, std::string& target, const std::string& help) {
    option(app, "--target", "T", target, help + ": " + join(target_names(), ", ") + ", or a .toml file");
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
    option(app, "--labels", "L", c.labels, "right answers: CSV (file,class), .npy of classes, or folder of label pictures");
    option(app, "--ignore-label", "C", c.ignore_label, "class of the labels that is not counted")->check(whole_number(-1, 1 << 30));
    add_as(app, c.as);
    option(app, "--reference", "FILE", c.reference, "float ONNX file to compare with");
    add_target(app, c.target, "arithmetic of this target instead of the file's");
    add_data(app, c.data, c.data_options, true);
    add_common(app);
  }

  void add_run() {
    RunCommand& c = line_.run;
    CLI::App* app = app_.add_subcommand("run", "runs a model and writes its outputs, one .npz a sample");
    app->add_option("MODEL", c.model, "ONNX file, float or quantized")->required();
    option(app, "-o,--output", "FOLDER", c.output, "where the .npz files go")->required();
    add_as(app, c.as);
    repeated(app, "--values", "GLOB", c.values, "also write values whose names match");
    add_target(app, c.target, "arithmetic of this target instead of the file's");
    add_data(app, c.data, c.data_options, true);
    add_common(app);
  }

  void add_quantize() {
    QuantizeCommand& c = line_.quantize;
    QuantizeOptions& s = c.options;
    CLI::App* app = app_.add_subcommand("quantize", "float ONNX file in, quantized ONNX file out");
    app->add_option("MODEL", c.model, "float ONNX file")->required();
    option(app, "-o,--output", "FILE", c.output, "quantized file (default: MODEL with .int8.onnx, .int4.onnx, ..)");
    option(app, "--weights", "TYPE", texts_.weights, "codes of the weights: int8 (default), int2 to int7, int16");
    option(app, "--activations", "TYPE", texts_.activations, "codes of the activations: uint8 (default), uint4 to uint16, int4 to int16");
    repeated(app, "--bits", "GLOB=BITS", texts_.bits, "other bits for nodes whose names match: w4a8, w4 or a16, of the weight and of the data that the node reads");
    option(app, "--first-last", "BITS", texts_.first_last, "the same for the first and the last layers; --bits wins");
    choice(app, "--granularity", texts_.granularity, {"channel", "tensor"}, "a weight scale for each");
    option(app, "--block-size", "N", line_.quantize.options.block_size, "weights of MatMul and Gemm: a scale for N inputs of each channel")->check(whole_number(2, kMost));
    choice(app, "--symmetric", texts_.symmetric, {"weights", "none", "activations", "both"}, "which grids have zero in the middle");
    choice(app, "--rounding", texts_.rounding, {"fast", "nearest"}, "of weights: on second moments, or to the nearest code");
    choice(app, "--weight-range", texts_.weight_range, {"mse", "minmax"}, "how weights get their range");
    choice(app, "--activation-range", texts_.activation_range, {"mse", "minmax", "mean-minmax", "percentile", "kl"}, "how activations get theirs");
    option(app, "--percentile", "P", s.percentile, "of --activation-range percentile (default 99.999)")->check(real_number(50, 100));
    option(app, "--bins", "N", s.bins, "bins of the histograms (default 8192)")->check(whole_number(128, 1 << 20));
    add_target(app, s.target, "device");
    repeated(app, "--exclude", "GLOB", s.exclude, "leave nodes whose names match in float");
    option(app, "--encodings", "FILE", c.encodings, "also write every value's grid as AIMET encodings (JSON)");
    choice(app, "--encodings-version", texts_.encodings_version, {"2.0.0", "1.0.0", "0.6.1"}, "of that file");
    option(app, "--load-encodings", "FILE", s.load_encodings, "take grids from an encodings file instead of computing them");
    option(app, "--passes", "A,B,..", texts_.passes, "run these passes alone");
    repeated(app, "--disable-pass", "A,B,..", texts_.disabled_passes, "skip these passes");
    app->add_flag("--dry-run", c.dry_run, "say which value would get which grid, and why; needs no data");
    option(app, "--max-memory", "SIZE", texts_.max_memory, "use at most this much memory, e.g. 400M");
    add_data(app, c.data, c.data_options, false);
    add_common(app);
    std::string passes = "Passes, in their order:\n";
    for (const Pass* pass : all_passes()) passes += wrapped(fmt::format("  {:<24}", pass->name), pass->summary);
    app->footer(passes.substr(0, passes.size() - 1));
  }

  static constexpr long long kMost = std::numeric_limits<long long>::max();
  CommandLine& line_;
  Texts texts_;
  ConfigFile config_;
  std::string unused_;
  CLI::App app_{"Turns float networks into low-bit integer ones, and proves that they work."};
};

}  // namespace

namespace {

// Nothing on the command line is meant to be empty: it is what an unset shell variable leaves.
void refuse_empty(const std::vector<std::string>& arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& text = arguments[i];
    if (text.empty()) throw UsageError("an empty argument{}; is a shell variable not set?", i > 0 ? " behind '" + arguments[i - 1] + "'" : "");
    if (text.starts_with("--") && text.back() == '=') throw UsageError("{} has no value; leave it out or give one", text.substr(0, text.size() - 1));
  }
}

}  // namespace

CommandLine parse_command_line(int argc, char** argv) {
  CommandLine line;
  refuse_empty({argv + 1, argv + argc});
  Parser parser(line);
  line.status = parser.parse(with_config_file({argv + 1, argv + argc}));
  return line;
}

Arithmetic arithmetic_of(const std::string& as) {
  if (as == "integer") throw UsageError("--as integer is not supported yet; give simulated or float");
  return as == "float" ? Arithmetic::float32 : Arithmetic::simulated;
}

}  // namespace halftone::cli
