// Parts of the parser: checks of values that answer in sentences, and help that fits 80 columns. For command_line.cpp.
#pragma once

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/text.h"
#include "report/table.h"

namespace halftone::cli {

// A whole number from `least` to `most`.
inline CLI::Validator whole_number(long long least, long long most) {
  return CLI::Validator(
      [least, most](const std::string& text) -> std::string {
        char* end = nullptr;
        errno = 0;
        const long long value = std::strtoll(text.c_str(), &end, 10);
        if (!text.empty() && *end == '\0' && errno == 0 && value >= least && value <= most) return "";
        const std::string bounds = most >= (1LL << 31) ? fmt::format("of {} or more", least) : fmt::format("from {} to {}", least, most);
        return fmt::format("'{}'; give a whole number {}", text, bounds);
      },
      "");
}

inline CLI::Validator real_number(double least, double most) {
  return CLI::Validator(
      [least, most](const std::string& text) -> std::string {
        char* end = nullptr;
        const double value = std::strtod(text.c_str(), &end);
        if (!text.empty() && *end == '\0' && value >= least && value <= most) return "";
        return fmt::format("'{}'; give a number from {} to {}", text, least, most);
      },
      "");
}

inline CLI::Validator one_of(const std::vector<std::string>& names) {
  return CLI::Validator(
      [names](const std::string& text) -> std::string {
        for (const std::string& name : names) {
          if (text == name) return "";
        }
        return fmt::format("'{}'; give {}", text, quoted_list(names));
      },
      "");
}

// "  --samples N             use the first N samples (default: all)", wrapped.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_option(const CLI::Option* option, bool is_positional) const override {
    const std::string value = option->get_type_size() == 0 || is_positional ? "" : " " + option->get_type_name();
    return entry(make_option_name(option, is_positional) + value, option->get_description());
  }
  std::string make_subcommand(const CLI::App* command) const override { return entry(command->get_name(), command->get_description()); }

 private:
  static std::string entry(const std::string& name, const std::string& text) {
    constexpr std::size_t kColumn = 26;
    const std::string first = "  " + name;
    if (first.size() + 2 > kColumn) return first + "\n" + wrapped(std::string(kColumn, ' '), text);
    return wrapped(first + std::string(kColumn - first.size(), ' '), text);
  }
};

}  // namespace halftone::cli
