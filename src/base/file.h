// Reading whole files and writing them so that nothing is ever half-written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>

namespace halftone {

// A file's bytes, mapped read-only. Throws Error (missing, a directory, unreadable). An empty file maps to no bytes.
class MappedFile {
 public:
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return {data_, size_}; }

 private:
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

// Writes `path` through a temporary in the same folder, fsync and rename. On any failure the temporary is removed, what
// stood at `path` stays, and an Error says why (missing folder, disk full). A link's target is written, not the link; a
// pipe or a device gets the bytes straight.
void write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes);
void write_file_atomically(const std::filesystem::path& path, std::string_view text);

// The same, with the contents produced piece by piece: `produce` gets a function that appends bytes.
using Append = std::function<void(std::span<const std::byte>)>;
void write_file_atomically(const std::filesystem::path& path, const std::function<void(const Append&)>& produce);

// Throws Error unless a file can be created at `path` now: makes one beside it and removes it. For checks before long work.
void check_writable(const std::filesystem::path& path);

}  // namespace halftone
