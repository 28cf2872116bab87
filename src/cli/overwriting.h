// What a command writes must not be what it reads, nor two of its results one file.
#pragma once

#include "cli/command_line.h"

namespace halftone::cli {

// Throws UsageError naming both flags, or the one whose file cannot be stdout. Pipes and devices are nobody's input.
void refuse_overwriting(const CommandLine& line);

}  // namespace halftone::cli
