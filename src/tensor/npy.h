// numpy's .npy files: a magic number, a version, a header (a Python dictionary as text), the elements.
//
// Versions 1 to 3, little-endian, of every type that numpy and DataType share (float16 stays float16). Fortran order is
// transposed on reading, so a Tensor is always row-major. Strings, objects, structures, complex and big-endian numbers
// are refused by name; so is a file whose size disagrees with its header. Every Error names the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "tensor/tensor.h"

namespace halftone {

struct NpyHeader {
  DataType type = DataType::float32;
  Shape shape;
  bool fortran_order = false;
  std::size_t data_offset = 0;  // bytes before the first element
};

// The header of a whole .npy file's bytes, checked against their number. `where` begins every message.
NpyHeader parse_npy_header(std::span<const std::byte> file, const std::string& where);

// An array of a .npy file, read piece by piece: memory is what one call returns. Copies share the mapping, and reading
// is safe from many threads.
class NpyFile {
 public:
  explicit NpyFile(const std::filesystem::path& path);
  // The array in `bytes`, which `owner` keeps alive.
  NpyFile(std::shared_ptr<const void> owner, std::span<const std::byte> bytes, std::string where);

  DataType type() const { return header_.type; }
  const Shape& shape() const { return header_.shape; }
  std::int64_t rows() const;  // size of axis 0. Throws Error for a scalar
  const std::string& where() const { return where_; }

  Tensor read() const;
  Tensor read_rows(std::int64_t first, std::int64_t count) const;  // [count, ...]; callers keep within rows()

 private:
  std::shared_ptr<const void> owner_;
  std::span<const std::byte> bytes_;
  std::string where_;
  NpyHeader header_;
};

Tensor read_npy(const std::filesystem::path& path);
void write_npy(const std::filesystem::path& path, const Tensor& tensor);  // atomically; version 1, C order

// What stands before the elements in a file of version 1. Throws Error for a type that numpy lacks (bfloat16, int4).
std::string npy_header_text(const Tensor& tensor);

}  // namespace halftone
