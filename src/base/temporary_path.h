// A file that is not finished yet, under a temporary name beside the one it will have.
#pragma once

#include <filesystem>
#include <string>

#include "base/error.h"

namespace halftone {

// The name "<target>.<pid>.<suffix>". The file, once made, is removed with the object unless keep() gave it its name.
class TemporaryPath {
 public:
  TemporaryPath(std::filesystem::path target, const char* suffix);
  ~TemporaryPath();
  TemporaryPath(const TemporaryPath&) = delete;
  TemporaryPath& operator=(const TemporaryPath&) = delete;

  const std::filesystem::path& path() const { return path_; }
  const std::filesystem::path& target() const { return target_; }

  // Renames the file to its target, in one step. Throws Error.
  void keep();

 private:
  void forget();

  std::filesystem::path target_, path_;
  bool known_ = true;
};

// write(path) makes the file; an Error that names it names the target instead, which is what was asked for.
template <typename Write>
void write_under(const TemporaryPath& file, const Write& write) {
  try {
    write(file.path());
  } catch (const Error& error) {
    const std::string what = error.what(), temporary = file.path().string();
    if (!what.starts_with(temporary)) throw;
    throw Error("{}{}", file.target().string(), what.substr(temporary.size()));
  }
}

// Removes the files of all TemporaryPaths that are alive, from any thread: for a process that is about to end at once.
void remove_temporaries();

}  // namespace halftone
