// The subcommands, one file each. They print, and throw Error.
#pragma once

#include "cli/command_line.h"

namespace halftone::cli {

void inspect(const InspectCommand& command, const Common& common);
void evaluate_model(const EvaluateCommand& command, const Common& common);
void run_model(const RunCommand& command, const Common& common);
void quantize_model(const QuantizeCommand& command, const Common& common);

}  // namespace halftone::cli
