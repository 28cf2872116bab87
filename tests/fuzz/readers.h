// Everything that reads a file somebody else made, for the mutation test and for libFuzzer.
#pragma once

#include <filesystem>
#include <span>
#include <vector>

namespace halftone::test {

struct Reader {
  const char* name;
  // Small valid files; those that have to be made are written into `folder`.
  std::vector<std::filesystem::path> (*seeds)(const std::filesystem::path& folder);
  // Reads the file as the product does, and works on what it got. Throws Error for a file that is not good.
  void (*read)(const std::filesystem::path& file);
};

std::span<const Reader> readers();

}  // namespace halftone::test
