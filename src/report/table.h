// Tables for a terminal: columns that align, no wider than asked.
#pragma once

#include <string>
#include <vector>

namespace halftone {

class Table {
 public:
  enum class Align { left, right };

  // Where a table is too wide the column `shrinks` is cut first, in the middle ("/feat...conv/Conv"); then the last column,
  // where it is another one on the left, goes on in further lines.
  Table(std::vector<Align> columns, std::size_t shrinks = 0) : columns_(std::move(columns)), shrinks_(shrinks) {}

  void header(std::vector<std::string> names) { rows_.insert(rows_.begin(), std::move(names)); has_header_ = true; }
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.size() <= (has_header_ ? 1u : 0u); }

  std::string text(std::size_t width = 80) const;

 private:
  std::string line_of(const std::vector<std::string>& row, const std::vector<std::size_t>& widths) const;

  std::vector<Align> columns_;
  std::size_t shrinks_;
  std::vector<std::vector<std::string>> rows_;
  bool has_header_ = false;
};

// The text in lines of at most `width` characters, each after `indent` spaces; the first line follows `first`.
std::string wrapped(const std::string& first, const std::string& text, std::size_t width = 80);

}  // namespace halftone
