#include "tensor/npz.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "base/error.h"

namespace halftone {
namespace fs = std::filesystem;
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::uint32_t kLocalHeader = 0x04034b50, kDirectoryEntry = 0x02014b50, kDirectoryEnd = 0x06054b50;
constexpr std::uint32_t kDirectoryEnd64 = 0x06064b50, kLocator64 = 0x07064b50;
constexpr std::uint64_t kUnset32 = 0xffffffff, kUnset16 = 0xffff;
constexpr std::uint16_t kStored = 0, kDeflated = 8, kEncrypted = 1;
constexpr std::uint64_t kMostExpansion = 1100;  // deflate reaches 1032

[[noreturn]] void fail_damaged(const std::string& where, const char* what) {
  throw Error("{}: is not a valid .npz (zip) file: {}", where, what);
}

// Little-endian numbers at checked positions.
class Reader {
 public:
  Reader(Bytes bytes, const std::string& where) : bytes_(bytes), where_(where) {}

  std::uint64_t number(std::uint64_t at, unsigned width) const {
    const Bytes part = slice(at, width);
    std::uint64_t value = 0;
    for (unsigned i = width; i-- > 0;) value = value << 8 | static_cast<std::uint64_t>(part[i]);
    return value;
  }
  Bytes slice(std::uint64_t at, std::uint64_t count) const {
    if (at > bytes_.size() || count > bytes_.size() - at) fail_damaged(where_, "it ends early");
    return bytes_.subspan(at, count);
  }
  std::uint64_t size() const { return bytes_.size(); }

 private:
  Bytes bytes_;
  const std::string& where_;
};

struct Directory {
  std::uint64_t offset = 0, entries = 0;
};

// The end record stands in the last 22 + 65535 bytes; a zip64 one before it where a field does not fit.
Directory find_directory(const Reader& file, const std::string& where) {
  constexpr std::uint64_t kEndBytes = 22;
  if (file.size() < kEndBytes) fail_damaged(where, file.size() == 0 ? "it is empty" : "it is too short");
  const std::uint64_t last = file.size() - kEndBytes, lowest = last > 0xffff ? last - 0xffff : 0;
  for (std::uint64_t at = last + 1; at-- > lowest;) {
    if (file.number(at, 4) != kDirectoryEnd) continue;
    Directory directory{file.number(at + 16, 4), file.number(at + 10, 2)};
    if (directory.offset != kUnset32 && directory.entries != kUnset16) return directory;
    if (at < 20 || file.number(at - 20, 4) != kLocator64) return directory;
    const std::uint64_t end64 = file.number(at - 20 + 8, 8);
    if (file.number(end64, 4) != kDirectoryEnd64) fail_damaged(where, "its zip64 record is missing");
    return {file.number(end64 + 48, 8), file.number(end64 + 32, 8)};
  }
  fail_damaged(where, "it has no directory (is it cut off, or another kind of file?)");
}

// Fills in the sizes that the zip64 extra field holds, in its fixed order.
void read_zip64_extra(const Reader& file, std::uint64_t at, std::uint64_t length,
                      std::initializer_list<std::uint64_t*> fields) {
  for (std::uint64_t end = at + length; at + 4 <= end;) {
    const std::uint64_t id = file.number(at, 2), size = file.number(at + 2, 2);
    at += 4;
    if (id == 1) {
      for (std::uint64_t* field : fields) {
        if (*field != kUnset32) continue;
        *field = file.number(at, 8);
        at += 8;
      }
      return;
    }
    at += size;
  }
}

std::uint32_t checksum_of(Bytes bytes) {
  uLong sum = crc32(0, nullptr, 0);
  while (!bytes.empty()) {
    const std::size_t part = std::min<std::size_t>(bytes.size(), std::size_t{1} << 30);
    sum = crc32(sum, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(part));
    bytes = bytes.subspan(part);
  }
  return static_cast<std::uint32_t>(sum);
}

struct InflateStream : z_stream {
  InflateStream() : z_stream{} {
    if (inflateInit2(this, -MAX_WBITS) != Z_OK) throw Error("out of memory: inflating a .npz member");
  }
  ~InflateStream() { inflateEnd(this); }
  InflateStream(const InflateStream&) = delete;
  InflateStream& operator=(const InflateStream&) = delete;
};

std::shared_ptr<std::vector<std::byte>> inflate_bytes(Bytes in, std::uint64_t size, const std::string& where) {
  if (size / kMostExpansion > in.size() + 1) fail_damaged(where, "it promises more than its compressed bytes can hold");
  auto out = std::make_shared<std::vector<std::byte>>(size);
  InflateStream stream;
  constexpr std::size_t kPart = std::size_t{1} << 30;  // zlib counts in 32 bits
  std::size_t taken = 0, made = 0;
  int status = Z_OK;
  while (status == Z_OK) {
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(in.data() + taken));
    stream.avail_in = static_cast<uInt>(std::min(kPart, in.size() - taken));
    stream.next_out = reinterpret_cast<Bytef*>(out->data() + made);
    stream.avail_out = static_cast<uInt>(std::min(kPart, out->size() - made));
    const uInt in_before = stream.avail_in, out_before = stream.avail_out;
    status = inflate(&stream, Z_NO_FLUSH);
    taken += in_before - stream.avail_in;
    made += out_before - stream.avail_out;
    if (status == Z_OK && in_before == stream.avail_in && out_before == stream.avail_out) break;
  }
  if (status != Z_STREAM_END || made != out->size()) fail_damaged(where, "its compressed bytes are damaged");
  return out;
}

std::string without_npy(std::string name) {
  if (name.size() > 4 && name.ends_with(".npy")) name.resize(name.size() - 4);
  return name;
}

}  // namespace

NpzFile::NpzFile(const fs::path& path) : file_(std::make_shared<MappedFile>(path)), where_(path.string()) {
  read_directory();
}

void NpzFile::read_directory() {
  const Reader file(file_->bytes(), where_);
  const Directory directory = find_directory(file, where_);
  std::uint64_t at = directory.offset;
  for (std::uint64_t i = 0; i < directory.entries; ++i) {
    if (file.number(at, 4) != kDirectoryEntry) fail_damaged(where_, "its directory is damaged");
    const std::uint64_t name_length = file.number(at + 28, 2), extra_length = file.number(at + 30, 2);
    Member member;
    member.flags = static_cast<std::uint16_t>(file.number(at + 8, 2));
    member.method = static_cast<std::uint16_t>(file.number(at + 10, 2));
    member.checksum = static_cast<std::uint32_t>(file.number(at + 16, 4));
    member.stored_bytes = file.number(at + 20, 4);
    member.bytes = file.number(at + 24, 4);
    member.header_offset = file.number(at + 42, 4);
    read_zip64_extra(file, at + 46 + name_length, extra_length,
                     {&member.bytes, &member.stored_bytes, &member.header_offset});
    const Bytes name = file.slice(at + 46, name_length);
    members_[without_npy({reinterpret_cast<const char*>(name.data()), name.size()})] = member;
    at += 46 + name_length + extra_length + file.number(at + 32, 2);
  }
}

std::vector<std::string> NpzFile::names() const {
  std::vector<std::string> names;
  for (const auto& [name, member] : members_) names.push_back(name);
  return names;
}

std::span<const std::byte> NpzFile::contents(const Member& member, const std::string& where) const {
  if ((member.flags & kEncrypted) != 0) throw Error("{}: is encrypted; save it with numpy.savez", where);
  if (member.method != kStored && member.method != kDeflated) {
    throw Error("{}: is compressed by zip's method {}; save it with numpy.savez or savez_compressed", where, member.method);
  }
  const Reader file(file_->bytes(), where);
  const std::uint64_t at = member.header_offset;
  if (file.number(at, 4) != kLocalHeader) fail_damaged(where, "its header is damaged");
  const Bytes header = file.slice(at, 30);  // so that at + 30 cannot overflow
  return file.slice(at + header.size() + file.number(at + 26, 2) + file.number(at + 28, 2), member.stored_bytes);
}

NpyFile NpzFile::open(const std::string& name) const {
  const auto found = members_.find(name);
  if (found == members_.end()) throw Error("{}: holds no array '{}'", where_, name);
  const Member& member = found->second;
  const std::string where = fmt::format("{} ('{}')", where_, name);
  Bytes bytes = contents(member, where);
  std::shared_ptr<const void> owner = file_;
  if (member.method == kDeflated) {
    const auto inflated = inflate_bytes(bytes, member.bytes, where);
    bytes = *inflated;
    owner = inflated;
  }
  if (bytes.size() != member.bytes) fail_damaged(where, "two of its sizes disagree");
  if (checksum_of(bytes) != member.checksum) fail_damaged(where, "its checksum does not match");
  return {owner, bytes, where};
}

std::map<std::string, Tensor> read_npz(const fs::path& path) {
  const NpzFile file(path);
  std::map<std::string, Tensor> arrays;
  for (const std::string& name : file.names()) arrays[name] = file.open(name).read();
  return arrays;
}

namespace {

// Builds the records of a zip file: little-endian numbers and text, one after another.
class Record {
 public:
  Record& add(std::uint64_t value, unsigned width) {
    for (unsigned i = 0; i < width; ++i) text_ += static_cast<char>(value >> (8 * i) & 0xff);
    return *this;
  }
  Record& add(const std::string& text) {
    text_ += text;
    return *this;
  }
  std::size_t size() const { return text_.size(); }
  Bytes bytes() const { return std::as_bytes(std::span<const char>(text_.data(), text_.size())); }

 private:
  std::string text_;
};

struct Written {
  std::string name;
  std::uint64_t bytes = 0, offset = 0;
  std::uint32_t checksum = 0;
};

constexpr unsigned kVersion64 = 45, kUtf8 = 0x800, kDosDate = 0x21;  // 1 January 1980: the same bytes every day

Record local_header(const Written& member) {
  Record record;
  record.add(kLocalHeader, 4).add(kVersion64, 2).add(kUtf8, 2).add(kStored, 2).add(0, 2).add(kDosDate, 2);
  record.add(member.checksum, 4).add(kUnset32, 4).add(kUnset32, 4).add(member.name.size(), 2).add(20, 2);
  record.add(member.name).add(1, 2).add(16, 2).add(member.bytes, 8).add(member.bytes, 8);
  return record;
}

void add_directory_entry(Record& record, const Written& member) {
  record.add(kDirectoryEntry, 4).add(kVersion64, 2).add(kVersion64, 2).add(kUtf8, 2).add(kStored, 2).add(0, 2);
  record.add(kDosDate, 2).add(member.checksum, 4).add(kUnset32, 4).add(kUnset32, 4).add(member.name.size(), 2);
  record.add(28, 2).add(0, 2).add(0, 2).add(0, 2).add(0, 4).add(kUnset32, 4).add(member.name);
  record.add(1, 2).add(24, 2).add(member.bytes, 8).add(member.bytes, 8).add(member.offset, 8);
}

// The zip64 end record, its locator and the plain end record.
void add_directory_end(Record& record, std::uint64_t entries, std::uint64_t offset) {
  const std::uint64_t bytes = record.size();
  record.add(kDirectoryEnd64, 4).add(44, 8).add(kVersion64, 2).add(kVersion64, 2).add(0, 4).add(0, 4);
  record.add(entries, 8).add(entries, 8).add(bytes, 8).add(offset, 8);
  record.add(kLocator64, 4).add(0, 4).add(offset + bytes, 8).add(1, 4);
  const std::uint64_t short_entries = std::min(entries, kUnset16);
  record.add(kDirectoryEnd, 4).add(0, 2).add(0, 2).add(short_entries, 2).add(short_entries, 2);
  record.add(std::min(bytes, kUnset32), 4).add(kUnset32, 4).add(0, 2);
}

}  // namespace

void write_npz(const fs::path& path, const std::vector<std::pair<std::string, Tensor>>& arrays) {
  std::set<std::string> names;
  for (const auto& [name, tensor] : arrays) {
    if (!names.insert(name).second) throw Error("{}: two arrays are named '{}'", path.string(), name);
    if (name.size() > 0xff00) throw Error("{}: a name of {} bytes is too long", path.string(), name.size());
  }
  write_file_atomically(path, [&](const Append& append) {
    Record directory;
    std::uint64_t offset = 0;
    for (const auto& [name, tensor] : arrays) {
      const std::string header = npy_header_text(tensor);
      const Bytes head = std::as_bytes(std::span<const char>(header.data(), header.size()));
      const Bytes body(tensor.data(), tensor.bytes());
      Written member{name + ".npy", head.size() + body.size(), offset, checksum_of(head)};
      member.checksum = static_cast<std::uint32_t>(
          crc32_combine(member.checksum, checksum_of(body), static_cast<z_off_t>(body.size())));
      const Record local = local_header(member);
      for (const Bytes part : {local.bytes(), head, body}) append(part);
      add_directory_entry(directory, member);
      offset += local.size() + member.bytes;
    }
    add_directory_end(directory, arrays.size(), offset);
    append(directory.bytes());
  });
}

}  // namespace halftone
