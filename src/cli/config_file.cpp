#include "cli/config_file.h"

#include <algorithm>

#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>

#include "base/error.h"
#include "base/file.h"

namespace halftone::cli {
namespace {

std::string text_of(const toml::node& node, const std::string& key, const std::string& file) {
  if (const auto text = node.value<std::string>(); text && node.is_string()) return *text;
  if (const auto* integer = node.as_integer()) return std::to_string(integer->get());
  if (const auto* real = node.as_floating_point()) return fmt::format("{}", real->get());
  throw Error("{}: '{}' is no text, number or true/false", file, key);
}

void append(std::vector<std::string>& arguments, const std::string& key, const toml::node& node, const std::string& file) {
  std::string flag = "--" + key;
  std::replace(flag.begin(), flag.end(), '_', '-');
  if (const auto* array = node.as_array()) {
    for (const toml::node& entry : *array) append(arguments, key, entry, file);
  } else if (const auto* boolean = node.as_boolean()) {
    if (boolean->get()) arguments.push_back(flag);
  } else {
    arguments.push_back(flag + "=" + text_of(node, key, file));
  }
}

std::vector<std::string> arguments_of(const std::string& file) {
  const MappedFile contents(file);
  const std::string_view text(reinterpret_cast<const char*>(contents.bytes().data()), contents.bytes().size());
  std::vector<std::string> arguments;
  try {
    for (const auto& [key, node] : toml::parse(text)) append(arguments, std::string(key.str()), node, file);
  } catch (const toml::parse_error& error) {
    throw Error("{}: line {}: {}", file, error.source().begin.line, error.description());
  }
  return arguments;
}

}  // namespace

std::vector<std::string> with_config_file(std::vector<std::string> arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const bool joined = arguments[i].starts_with("--config=");
    if (!joined && arguments[i] != "--config") continue;
    if (!joined && i + 1 == arguments.size()) throw UsageError("--config needs a file");
    const std::string file = joined ? arguments[i].substr(9) : arguments[i + 1];
    const auto begin = arguments.begin() + static_cast<std::ptrdiff_t>(i);
    arguments.erase(begin, begin + (joined ? 1 : 2));
    const std::vector<std::string> more = arguments_of(file);
    arguments.insert(arguments.begin() + std::min<std::ptrdiff_t>(1, static_cast<std::ptrdiff_t>(arguments.size())), more.begin(), more.end());
    return arguments;
  }
  return arguments;
}

}  // namespace halftone::cli
