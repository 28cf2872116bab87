#include "report/table.h"

#include <algorithm>
#include <sstream>

namespace halftone {
namespace {

constexpr std::size_t kGap = 2, kLeast = 12, kLeastName = 20;  // widths that columns are not cut below

// Characters on the screen: bytes of UTF-8 that begin one.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

// Where the character `index` begins.
std::size_t byte_of(const std::string& text, std::size_t index) {
  std::size_t byte = 0;
  for (std::size_t i = 0; byte < text.size(); ++byte) {
    if ((text[byte] & 0xc0) != 0x80 && i++ == index) break;
  }
  return byte;
}

// Two thirds of what is kept are the end: names differ there.
std::string cut(const std::string& text, std::size_t width) {
  const std::size_t whole = width_of(text);
  if (whole <= width || width < 4) return text;
  const std::size_t kept = width - 3, head = kept / 3;
  return text.substr(0, byte_of(text, head)) + "..." + text.substr(byte_of(text, whole - (kept - head)));
}

// The text in lines of at most `width`; a longer word is cut.
std::vector<std::string> lines_of(const std::string& text, std::size_t width) {
  if (width_of(text) <= width) return {text};
  std::istringstream words(text);
  std::vector<std::string> lines;
  for (std::string word; words >> word;) {
    word = cut(word, width);
    const bool fits = !lines.empty() && width_of(lines.back()) + 1 + width_of(word) <= width;
    if (fits) lines.back() += " " + word;
    else lines.push_back(word);
  }
  return lines;
}

void shrink(std::size_t& width, std::size_t least, std::size_t& total, std::size_t wanted) {
  if (total <= wanted || width <= least) return;
  const std::size_t by = std::min(width - least, total - wanted);
  width -= by;
  total -= by;
}

}  // namespace

std::string Table::text(std::size_t width) const {
  std::vector<std::size_t> widths(columns_.size(), 0);
  for (const auto& row : rows_) {
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], width_of(row[c]));
  }
  std::size_t total = kGap * (columns_.size() - 1);
  for (std::size_t w : widths) total += w;
  const std::size_t last = columns_.size() - 1;
  const bool wraps = last != shrinks_ && columns_[last] == Align::left;
  shrink(widths[shrinks_], wraps ? kLeastName : kLeast, total, width);
  if (wraps) shrink(widths[last], kLeast, total, width);
  shrink(widths[shrinks_], kLeast, total, width);
  std::string text;
  for (auto row : rows_) {
    const std::vector<std::string> more = wraps && row.size() > last ? lines_of(row[last], widths[last]) : std::vector<std::string>{};
    if (!more.empty()) row[last] = more.front();
    text += line_of(row, widths);
    for (std::size_t i = 1; i < more.size(); ++i) {
      row.assign(columns_.size(), "");
      row[last] = more[i];
      text += line_of(row, widths);
    }
  }
  return text;
}

std::string Table::line_of(const std::vector<std::string>& row, const std::vector<std::size_t>& widths) const {
  std::string line;
  for (std::size_t c = 0; c < row.size(); ++c) {
    const std::string cell = cut(row[c], widths[c]);
    const std::string space(widths[c] - std::min(widths[c], width_of(cell)), ' ');
    line += (c > 0 ? std::string(kGap, ' ') : "") + (columns_[c] == Align::right ? space + cell : cell + space);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
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
