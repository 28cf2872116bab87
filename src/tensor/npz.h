// numpy's .npz files: a zip archive whose members are .npy files.
//
// Members are stored or deflated; zip64 is understood; a member's name may lack ".npy". Encrypted members and other
// compressions are refused by name. Every Error names the file. Each member's checksum is verified when it is opened.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "tensor/npy.h"

namespace halftone {

class NpzFile {
 public:
  explicit NpzFile(const std::filesystem::path& path);  // reads the archive's directory only

  std::vector<std::string> names() const;  // in alphabetical order, without ".npy"
  bool has(const std::string& name) const { return members_.contains(name); }
  // The array of that name. A stored one is read from the mapped file; a deflated one is held inflated while the
  // NpyFile (or a copy of it) lives.
  NpyFile open(const std::string& name) const;

 private:
  struct Member {
    std::uint64_t header_offset = 0, stored_bytes = 0, bytes = 0;
    std::uint32_t checksum = 0;
    std::uint16_t method = 0, flags = 0;
  };
  void read_directory();
  std::span<const std::byte> contents(const Member& member, const std::string& where) const;

  std::shared_ptr<MappedFile> file_;
  std::string where_;
  std::map<std::string, Member> members_;
};

std::map<std::string, Tensor> read_npz(const std::filesystem::path& path);

// Stored (not compressed), in the order given, atomically. The bytes depend on nothing but the arguments.
void write_npz(const std::filesystem::path& path, const std::vector<std::pair<std::string, Tensor>>& arrays);

}  // namespace halftone
