// --config FILE.toml: the same keys as the flags, as arguments that stand before those of the command line.
#pragma once

#include <string>
#include <vector>

namespace halftone::cli {

// The arguments after the subcommand's name get those of the file put before them, so that flags win; --config itself is
// taken out. Throws Error for a file that is no TOML, UsageError for a missing file name.
std::vector<std::string> with_config_file(std::vector<std::string> arguments);

}  // namespace halftone::cli
