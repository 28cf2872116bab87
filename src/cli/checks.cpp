#include "cli/checks.h"

#include <cerrno>
#include <cstdlib>

#include "base/error.h"
#include "base/text.h"

namespace halftone::cli {

// A whole number from `least` to `most`.
Check whole_number(long long least, long long most) {
  return [least, most](const std::string& text) -> std::string {
    char* end = nullptr;
    errno = 0;
    const long long value = std::strtoll(text.c_str(), &end, 10);
    if (!text.empty() && *end == '\0' && errno == 0 && value >= least && value <= most) return "";
    const std::string bounds = most >= (1LL << 31) ? fmt::format("of {} or more", least) : fmt::format("from {} to {}", least, most);
    return fmt::format("'{}'; give a whole number {}", text, bounds);
  };
}

Check real_number(double least, double most) {
  return [least, most](const std::string& text) -> std::string {
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    if (!text.empty() && *end == '\0' && value >= least && value <= most) return "";
    return fmt::format("'{}'; give a number from {} to {}", text, least, most);
  };
}

Check one_of(const std::vector<std::string>& names) {
  return [names](const std::string& text) -> std::string {
    for (const std::string& name : names) {
      if (text == name) return "";
    }
    return fmt::format("'{}'; give {}", text, quoted_list(names));
  };
}

}  // namespace halftone::cli
