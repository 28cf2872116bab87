#include "base/temporary_path.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>
#include <set>

#include "base/error.h"

namespace halftone {
namespace fs = std::filesystem;
namespace {

struct Registry {
  std::mutex mutex;
  std::set<fs::path> paths;
};

Registry& registry() {
  static auto* instance = new Registry;  // outlives every static object that may write a file
  return *instance;
}

}  // namespace

TemporaryPath::TemporaryPath(fs::path target, const char* suffix)
    : target_(std::move(target)), path_(target_.string() + fmt::format(".{}.{}", ::getpid(), suffix)) {
  const std::lock_guard lock(registry().mutex);
  registry().paths.insert(path_);
}

TemporaryPath::~TemporaryPath() {
  if (!known_) return;
  ::unlink(path_.c_str());
  forget();
}

void TemporaryPath::keep() {
  if (::rename(path_.c_str(), target_.c_str()) != 0) throw Error("{}: cannot be written: {}", target_.string(), std::strerror(errno));
  forget();
}

void TemporaryPath::forget() {
  const std::lock_guard lock(registry().mutex);
  registry().paths.erase(path_);
  known_ = false;
}

void remove_temporaries() {
  const std::lock_guard lock(registry().mutex);
  for (const fs::path& path : registry().paths) ::unlink(path.c_str());
}

}  // namespace halftone
