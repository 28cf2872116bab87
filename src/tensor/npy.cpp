#include "tensor/npy.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/file.h"

namespace halftone {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::int64_t kMostElements = std::int64_t{1} << 48;  // element_count's limit
constexpr std::size_t kMostAxes = 64;                         // numpy's own limit

struct NumpyType {
  std::string_view code;  // without the byte order
  DataType type;
};
constexpr NumpyType kNumpyTypes[] = {
    {"f4", DataType::float32}, {"f8", DataType::float64}, {"f2", DataType::float16}, {"i1", DataType::int8},
    {"u1", DataType::uint8},   {"i2", DataType::int16},   {"u2", DataType::uint16},  {"i4", DataType::int32},
    {"u4", DataType::uint32},  {"i8", DataType::int64},   {"u8", DataType::uint64},  {"b1", DataType::boolean},
};

// Reads the header's dictionary: {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::string& where) : text_(text), where_(where) {}

  NpyHeader parse() {
    NpyHeader header;
    bool descr = false, order = false, shape = false;
    expect('{');
    while (!accept('}')) {
      const std::string_view key = quoted();
      expect(':');
      if (key == "descr") {
        header.type = type_of(descr_text());
        descr = true;
      } else if (key == "fortran_order") {
        header.fortran_order = truth();
        order = true;
      } else if (key == "shape") {
        header.shape = sizes();
        shape = true;
      } else {
        fail();
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    if (!descr || !order || !shape) fail();
    return header;
  }

 private:
  [[noreturn]] void fail() const { throw Error("{}: is not a valid .npy file: its header is damaged", where_); }

  char peek() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool accept(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail();
  }

  std::string_view quoted() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') fail();
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) fail();
    const std::string_view inside = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return inside;
  }

  std::string_view descr_text() {
    if (peek() == '[') throw Error("{}: holds structures (a record array); give an array of plain numbers", where_);
    return quoted();
  }

  bool truth() {
    peek();
    for (const std::string_view word : {std::string_view("True"), std::string_view("False")}) {
      if (text_.substr(at_, word.size()) != word) continue;
      at_ += word.size();
      return word == "True";
    }
    fail();
  }

  Shape sizes() {
    Shape shape;
    expect('(');
    while (!accept(')')) {
      std::int64_t size = 0;
      peek();
      const char* begin = text_.data() + at_;
      const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), size);
      if (error != std::errc() || size < 0 || shape.size() == kMostAxes) fail();
      at_ += static_cast<std::size_t>(end - begin);
      shape.push_back(size);
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return shape;
  }

  DataType type_of(std::string_view descr) const {
    const char order = descr.empty() ? '\0' : descr.front();
    const bool has_order = order == '<' || order == '>' || order == '|' || order == '=';
    const std::string_view code = has_order ? descr.substr(1) : descr;
    for (const NumpyType& known : kNumpyTypes) {
      if (code != known.code) continue;
      if (order == '>' && size_of(known.type) > 1) {
        throw Error("{}: holds big-endian numbers ('{}'); save it with .astype('<{}')", where_, descr, code);
      }
      return known.type;
    }
    const char kind = code.empty() ? '\0' : code.front();
    const char* what = kind == 'O'                ? "Python objects"
                       : kind == 'U' || kind == 'S' ? "strings"
                       : kind == 'c'              ? "complex numbers"
                       : kind == 'M' || kind == 'm' ? "dates"
                                                  : "elements of a type that halftone does not know";
    throw Error("{}: holds {} ('{}'); give an array of plain numbers", where_, what, descr);
  }

  std::string_view text_;
  const std::string& where_;
  std::size_t at_ = 0;
};

std::size_t little_endian(std::span<const std::byte> bytes) {
  std::size_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<std::size_t>(bytes[i]);
  return value;
}

// Elements that the shape asks for, or -1 when no file could hold them.
std::int64_t safe_count(const Shape& shape) {
  std::int64_t count = 1;
  for (const std::int64_t size : shape) {
    if (size == 0) return 0;
  }
  for (const std::int64_t size : shape) {
    if (size > kMostElements / count) return -1;
    count *= size;
  }
  return count;
}

void check_size(const NpyHeader& header, std::size_t file_bytes, const std::string& where) {
  const std::int64_t count = safe_count(header.shape);
  const std::size_t have = file_bytes - header.data_offset;
  if (count < 0 || static_cast<std::size_t>(count) * size_of(header.type) > have) {
    throw Error("{}: ends early: its header promises {} of {}, but only {} bytes of elements follow", where,
                to_string(header.shape), name_of(header.type), have);
  }
}

// Rows [first, first + count) of an array stored with axis 0 fastest, written row-major.
void gather_fortran(const std::byte* from, const Shape& shape, std::int64_t first, std::int64_t count,
                    std::size_t width, std::byte* to) {
  std::vector<std::int64_t> strides(shape.size(), 1), index(shape.size(), 0);
  for (std::size_t i = 1; i < shape.size(); ++i) strides[i] = strides[i - 1] * shape[i - 1];
  Shape part = shape;
  if (!part.empty()) part[0] = count;
  const std::int64_t total = element_count(part);
  std::int64_t at = first;
  for (std::int64_t i = 0; i < total; ++i) {
    std::memcpy(to + static_cast<std::size_t>(i) * width, from + static_cast<std::size_t>(at) * width, width);
    for (std::size_t axis = shape.size(); axis-- > 0;) {  // the next index, last axis first
      at += strides[axis];
      if (++index[axis] < part[axis]) break;
      at -= strides[axis] * part[axis];
      index[axis] = 0;
    }
  }
}

// numpy writes 0 or 1; another byte would not be a valid bool.
void make_booleans_valid(Tensor& tensor) {
  std::byte* bytes = tensor.mutable_data();
  for (std::int64_t i = 0; i < tensor.size(); ++i) bytes[i] = bytes[i] == std::byte{0} ? std::byte{0} : std::byte{1};
}

}  // namespace

NpyHeader parse_npy_header(std::span<const std::byte> file, const std::string& where) {
  const auto* text = reinterpret_cast<const char*>(file.data());
  if (file.size() < 10 || std::string_view(text, kMagic.size()) != kMagic) {
    throw Error("{}: is not a .npy file ({})", where, file.empty() ? "it is empty" : "it does not begin with \\x93NUMPY");
  }
  const auto version = static_cast<int>(file[6]);
  if (version < 1 || version > 3) throw Error("{}: is a .npy file of version {}; 1 to 3 are read", where, version);
  const std::size_t length_bytes = version == 1 ? 2 : 4, start = 8 + length_bytes;
  const std::size_t length = file.size() < start ? 0 : little_endian(file.subspan(8, length_bytes));
  if (file.size() < start || length > file.size() - start) {
    throw Error("{}: ends early: within the header of the .npy file", where);
  }
  NpyHeader header = HeaderParser({text + start, length}, where).parse();
  header.data_offset = start + length;
  check_size(header, file.size(), where);
  return header;
}

NpyFile::NpyFile(const fs::path& path) : where_(path.string()) {
  const auto file = std::make_shared<MappedFile>(path);
  bytes_ = file->bytes();
  owner_ = file;
  header_ = parse_npy_header(bytes_, where_);
}

NpyFile::NpyFile(std::shared_ptr<const void> owner, std::span<const std::byte> bytes, std::string where)
    : owner_(std::move(owner)), bytes_(bytes), where_(std::move(where)), header_(parse_npy_header(bytes_, where_)) {}

std::int64_t NpyFile::rows() const {
  if (shape().empty()) throw Error("{}: holds a single number, not an array of samples", where_);
  return shape()[0];
}

Tensor NpyFile::read() const {
  if (!shape().empty()) return read_rows(0, shape()[0]);
  Tensor scalar(type(), {});
  std::memcpy(scalar.mutable_data(), bytes_.data() + header_.data_offset, scalar.bytes());
  if (type() == DataType::boolean) make_booleans_valid(scalar);
  return scalar;
}

Tensor NpyFile::read_rows(std::int64_t first, std::int64_t count) const {
  HALFTONE_CHECK(first >= 0 && count >= 0 && count <= rows() && first <= rows() - count);
  Shape part = shape();
  part[0] = count;
  Tensor result(type(), part);
  const std::byte* elements = bytes_.data() + header_.data_offset;
  if (result.size() == 0) return result;
  if (header_.fortran_order) {
    gather_fortran(elements, shape(), first, count, size_of(type()), result.mutable_data());
  } else {
    const std::size_t row_bytes = result.bytes() / static_cast<std::size_t>(count);
    std::memcpy(result.mutable_data(), elements + static_cast<std::size_t>(first) * row_bytes, result.bytes());
  }
  if (type() == DataType::boolean) make_booleans_valid(result);
  return result;
}

Tensor read_npy(const fs::path& path) { return NpyFile(path).read(); }

std::string npy_header_text(const Tensor& tensor) {
  std::string_view code;
  for (const NumpyType& known : kNumpyTypes) {
    if (known.type == tensor.type()) code = known.code;
  }
  if (code.empty()) throw Error("numpy has no type {}; convert the array before writing it", name_of(tensor.type()));
  std::string shape;
  for (const std::int64_t size : tensor.shape()) shape += fmt::format("{}, ", size);
  if (tensor.rank() > 1) shape.resize(shape.size() - 2);  // (2, 3); a single size keeps its comma: (2,)
  if (tensor.rank() == 1) shape.pop_back();
  std::string dictionary = fmt::format("{{'descr': '{}{}', 'fortran_order': False, 'shape': ({}), }}",
                                       size_of(tensor.type()) == 1 ? '|' : '<', code, shape);
  while ((10 + dictionary.size() + 1) % 64 != 0) dictionary += ' ';  // elements begin at a multiple of 64 bytes
  dictionary += '\n';
  std::string text(kMagic);
  text += {'\1', '\0', static_cast<char>(dictionary.size() & 0xff), static_cast<char>(dictionary.size() >> 8)};
  return text + dictionary;
}

void write_npy(const fs::path& path, const Tensor& tensor) {
  const std::string header = npy_header_text(tensor);
  write_file_atomically(path, [&](const Append& append) {
    append(std::as_bytes(std::span<const char>(header.data(), header.size())));
    append({tensor.data(), tensor.bytes()});
  });
}

}  // namespace halftone
