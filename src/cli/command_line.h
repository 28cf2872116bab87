// The command line as plain structs: command_line.cpp (with parser_parts.h) is the only file that knows the parser.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "engine/session.h"
#include "pipeline/quantize.h"

namespace halftone::cli {

struct Common {
  std::optional<std::string> json;  // a file, or "-" for stdout
  std::string config;               // --config's file; empty: none
  bool quiet = false;
  int threads = 1;
  std::uint64_t seed = 0;
  std::optional<std::uint64_t> max_memory;
};

struct InspectCommand {
  std::string model;
};

struct EvaluateCommand {
  std::string model, data;
  DataOptions data_options;
  std::optional<std::string> labels, reference;
  std::int64_t ignore_label = -1;
  std::string as = "simulated";
  std::string target;
};

struct RunCommand {
  std::string model, data, output;
  DataOptions data_options;
  std::string as = "simulated";
  std::vector<std::string> values;
  std::string target;
};

struct QuantizeCommand {
  std::string model, data;
  std::optional<std::string> output, encodings;
  EncodingsVersion encodings_version = EncodingsVersion::v2_0_0;
  DataOptions data_options;
  QuantizeOptions options;
  bool dry_run = false;
};

struct CommandLine {
  std::string command;  // "inspect", ...; empty: help or version was printed
  int status = 0;       // to exit with when command is empty
  Common common;
  InspectCommand inspect;
  EvaluateCommand evaluate;
  RunCommand run;
  QuantizeCommand quantize;
};

// Prints help and usage errors itself (status 0 and 2). Throws UsageError for values that do not make sense.
CommandLine parse_command_line(int argc, char** argv);

Arithmetic arithmetic_of(const std::string& as);  // throws UsageError

}  // namespace halftone::cli
