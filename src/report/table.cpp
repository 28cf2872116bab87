#include "report/table.h"

#include <algorithm>
#include <sstream>

namespace halftone {
namespace {

constexpr std::size_t kGap = 2;

// Characters on the screen: bytes of UTF-8 that begin one.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string cut(const std::string& text, std::size_t width) {
  if (width_of(text) <= width || width < 4) return text;
  return "..." + text.substr(text.size() - (width - 3));
}

}  // namespace

std::string Table::text(std::size_t width) const {
  std::vector<std::size_t> widths(columns_.size(), 0);
  for (const auto& row : rows_) {
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], width_of(row[c]));
  }
  std::size_t total = kGap * (columns_.size() - 1);
  for (std::size_t w : widths) total += w;
  if (total > width) widths[shrinks_] -= std::min(widths[shrinks_] - std::min<std::size_t>(widths[shrinks_], 12), total - width);
  std::string text;
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c) {
      const std::string cell = cut(row[c], widths[c]);
      const std::string space(widths[c] - std::min(widths[c], width_of(cell)), ' ');
      line += (c > 0 ? std::string(kGap, ' ') : "") + (columns_[c] == Align::right ? space + cell : cell + space);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string wrapped(const std::string& first, const std::string& text, std::size_t width) {
  const std::string indent(first.size(), ' ');
  std::istringstream words(text);
  std::string result, line = first, word;
  bool fresh = true;
  while (words >> word) {
    if (!fresh && width_of(line) + 1 + width_of(word) > width) {
      result += line + "\n";
      line = indent;
      fresh = true;
    }
    line += (fresh ? "" : " ") + word;
    fresh = false;
  }
  return result + line + "\n";
}

}  // namespace halftone
