#include "base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/error.h"
#include "base/temporary_path.h"

namespace halftone {
namespace fs = std::filesystem;

MappedFile::MappedFile(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw Error("{}: cannot be opened: {}", path.string(), std::strerror(errno));
  struct stat info {};
  const bool known = ::fstat(fd, &info) == 0;
  if (known && S_ISDIR(info.st_mode)) {
    ::close(fd);
    throw Error("{}: is a directory; give a file", path.string());
  }
  size_ = known ? static_cast<std::size_t>(info.st_size) : 0;
  if (size_ > 0) {
    void* mapped = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd, 0);
    const int failure = errno;
    ::close(fd);
    if (mapped == MAP_FAILED) throw Error("{}: cannot be read: {}", path.string(), std::strerror(failure));
    data_ = static_cast<const std::byte*>(mapped);
  } else {
    ::close(fd);
  }
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

namespace {

class TemporaryFile {
 public:
  explicit TemporaryFile(const fs::path& target) : name_(target, "part") {
    fd_ = ::open(name_.path().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd_ < 0) throw Error("{}: cannot be written: {}", target.string(), std::strerror(errno));
  }
  ~TemporaryFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  void append(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) fail(written < 0 ? errno : ENOSPC);
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
  }

  void commit() {
    if (::fsync(fd_) != 0 && errno != EINVAL) fail(errno);
    const int closed = ::close(fd_);
    fd_ = -1;
    if (closed != 0) fail(errno);
    name_.keep();
  }

 private:
  [[noreturn]] void fail(int error) const {
    throw Error("{}: writing failed: {}; nothing was left behind", name_.target().string(), std::strerror(error));
  }

  TemporaryPath name_;
  int fd_ = -1;
};

}  // namespace

namespace {

// What can be said of a file's name without writing it.
void check_place(const fs::path& path) {
  std::error_code ignored;
  if (path.empty()) throw Error("an empty name for an output file");
  if (fs::is_directory(path, ignored)) throw Error("{}: is a directory; give a file name", path.string());
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  if (!fs::exists(folder, ignored)) {
    throw Error("{}: cannot be written: the folder {} does not exist", path.string(), folder.string());
  }
  if (!fs::is_directory(folder, ignored)) {
    throw Error("{}: cannot be written: {} is not a folder", path.string(), folder.string());
  }
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    throw Error("{}: cannot be written: the folder {}: {}", path.string(), folder.string(), std::strerror(errno));
  }
}

// A pipe or a device takes the bytes as they come: nothing may be renamed over it.
void write_straight(const fs::path& path, const std::function<void(const Append&)>& produce) {
  std::ofstream stream(path, std::ios::binary);
  produce([&](std::span<const std::byte> bytes) {
    stream.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  });
  if (!stream.flush()) throw Error("{}: writing failed: {}", path.string(), std::strerror(errno));
}

}  // namespace

void write_file_atomically(const fs::path& path, const std::function<void(const Append&)>& produce) {
  check_place(path);
  std::error_code ignored;
  if (fs::exists(path, ignored) && !fs::is_regular_file(path, ignored)) return write_straight(path, produce);
  TemporaryFile file(fs::is_symlink(path, ignored) ? fs::weakly_canonical(path) : path);
  produce([&](std::span<const std::byte> bytes) { file.append(bytes); });
  file.commit();
}

void write_file_atomically(const fs::path& path, std::span<const std::byte> bytes) {
  write_file_atomically(path, [&](const Append& append) { append(bytes); });
}

void write_file_atomically(const fs::path& path, std::string_view text) {
  write_file_atomically(path, std::as_bytes(std::span(text.data(), text.size())));
}

void check_writable(const fs::path& path) {
  check_place(path);
  std::error_code ignored;
  const bool is_there = fs::exists(path, ignored);
  if (is_there && !fs::is_regular_file(path, ignored)) {  // a pipe or a device: not opened before its time
    if (::access(path.c_str(), W_OK) != 0) throw Error("{}: cannot be written: {}", path.string(), std::strerror(errno));
    return;
  }
  const TemporaryFile made_and_removed(fs::is_symlink(path, ignored) ? fs::weakly_canonical(path) : path);
}

}  // namespace halftone
