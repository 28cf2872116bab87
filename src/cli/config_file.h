// --config FILE.toml: the same keys as the flags, as arguments that stand before those of the command line.
#pragma once

#include <string>
#include <vector>

namespace halftone::cli {

struct ConfigFile {
  std::string file;                // empty: none was named
  std::vector<std::string> flags;  // that it gave: "--samples"
};

struct Arguments {
  std::vector<std::string> list;
  ConfigFile config;
};

// The arguments after the subcommand's name get those of the file put before them, so that flags win; --config itself is
// taken out. A list is what the flag takes with commas, or the flag again for each entry where it may be repeated.
// Throws Error for a file that is no TOML, UsageError for a missing file name.
Arguments with_config_file(std::vector<std::string> arguments);

}  // namespace halftone::cli
