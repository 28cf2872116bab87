#include "formats/onnx/nesting.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace halftone {
namespace {

enum class Kind { model, function, graph, node, attribute, value, type, sequence, map };

// The fields that hold messages which may hold themselves in the end.
struct Field {
  Kind parent;
  std::uint64_t number;
  Kind child;
};
constexpr Field kFields[] = {
    {Kind::model, 7, Kind::graph},      {Kind::model, 25, Kind::function},  {Kind::function, 7, Kind::node}, {Kind::function, 11, Kind::attribute},
    {Kind::graph, 1, Kind::node},       {Kind::graph, 11, Kind::value},     {Kind::graph, 12, Kind::value},  {Kind::graph, 13, Kind::value},
    {Kind::node, 5, Kind::attribute},   {Kind::attribute, 6, Kind::graph},  {Kind::attribute, 11, Kind::graph},
    {Kind::attribute, 14, Kind::type},  {Kind::attribute, 15, Kind::type},  {Kind::value, 2, Kind::type},
    {Kind::type, 4, Kind::sequence},    {Kind::type, 9, Kind::sequence},    {Kind::type, 5, Kind::map},
    {Kind::sequence, 1, Kind::type},    {Kind::map, 2, Kind::type},
};

class Scanner {
 public:
  explicit Scanner(std::span<const std::byte> bytes) : bytes_(bytes) { open_.push_back({Kind::model, bytes.size()}); }

  int deepest() {
    std::size_t deepest = 1;
    while (!open_.empty()) {
      if (at_ == open_.back().end) open_.pop_back();
      else if (!field()) break;
      deepest = std::max(deepest, open_.size());
    }
    return static_cast<int>(deepest);
  }

 private:
  struct Message {
    Kind kind;
    std::size_t end;
  };

  bool number(std::uint64_t& value) {
    value = 0;
    for (int shift = 0; shift < 64 && at_ < open_.back().end; shift += 7) {
      const auto byte = static_cast<std::uint64_t>(bytes_[at_++]);
      value |= (byte & 0x7fu) << shift;
      if ((byte & 0x80u) == 0) return true;
    }
    return false;
  }

  bool skip(std::uint64_t count) {
    if (count > open_.back().end - at_) return false;
    at_ += static_cast<std::size_t>(count);
    return true;
  }

  // One field: steps over it, or into the message that it holds. False: this is no protobuf.
  bool field() {
    std::uint64_t tag = 0, length = 0;
    if (!number(tag)) return false;
    switch (tag & 7u) {
      case 0: return number(length);
      case 1: return skip(8);
      case 5: return skip(4);
      case 2: break;
      default: return false;
    }
    if (!number(length) || length > open_.back().end - at_) return false;
    const auto inner = std::find_if(std::begin(kFields), std::end(kFields), [&](const Field& f) { return f.parent == open_.back().kind && f.number == tag >> 3; });
    if (inner == std::end(kFields)) return skip(length);
    open_.push_back({inner->child, at_ + static_cast<std::size_t>(length)});
    return true;
  }

  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
  std::vector<Message> open_;  // the messages around the place, outermost first
};

}  // namespace

int nesting_of_model(std::span<const std::byte> bytes) { return Scanner(bytes).deepest(); }

}  // namespace halftone
