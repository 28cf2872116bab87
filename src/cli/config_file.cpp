#include "cli/config_file.h"

#include <algorithm>

#define TOML_EXCEPTIONS 1
#define TOML_ASSERT(condition) static_cast<void>(0)  // some are about the text, and an error follows
#include <toml++/toml.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace halftone::cli {
namespace {

std::string text_of(const toml::node& node, const std::string& key, const std::string& file) {
  if (const auto text = node.value<std::string>(); text && node.is_string()) {
    if (text->empty()) throw UsageError("{}: '{}' is empty; leave it out or give a value", file, key);
    return *text;
  }
  if (const auto* integer = node.as_integer()) return std::to_string(integer->get());
  if (const auto* real = node.as_floating_point()) return fmt::format("{}", real->get());
  if (node.is_table()) throw UsageError("{}: '{}' is a table; keys stand at the top level, as weights = \"int4\"", file, key);
  throw UsageError("{}: '{}' is no text, number or true/false", file, key);
}

std::string flag_of(std::string key) {
  std::replace(key.begin(), key.end(), '_', '-');
  return "--" + key;
}

void append(std::vector<std::string>& arguments, const std::string& key, const toml::node& node, const std::string& file) {
  constexpr std::string_view kRepeated[] = {"--bits", "--exclude", "--values", "--disable-pass"};
  const std::string flag = flag_of(key);
  if (const auto* array = node.as_array()) {
    std::vector<std::string> entries;
    for (const toml::node& entry : *array) entries.push_back(text_of(entry, key, file));
    if (std::find(std::begin(kRepeated), std::end(kRepeated), flag) == std::end(kRepeated)) entries = {join(entries, ",")};
    for (const std::string& entry : entries) arguments.push_back(flag + "=" + entry);
  } else if (const auto* boolean = node.as_boolean()) {
    if (boolean->get()) arguments.push_back(flag);
  } else {
    arguments.push_back(flag + "=" + text_of(node, key, file));
  }
}

Arguments arguments_of(const std::string& file) {
  const MappedFile contents(file);
  const std::string_view text(reinterpret_cast<const char*>(contents.bytes().data()), contents.bytes().size());
  Arguments arguments;
  arguments.config.file = file;
  try {
    for (const auto& [key, node] : toml::parse(text)) {
      append(arguments.list, std::string(key.str()), node, file);
      arguments.config.flags.push_back(flag_of(std::string(key.str())));
    }
  } catch (const toml::parse_error& error) {
    throw Error("{}: line {}: {}", file, error.source().begin.line, error.description());
  }
  return arguments;
}

}  // namespace

Arguments with_config_file(std::vector<std::string> arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const bool joined = arguments[i].starts_with("--config=");
    if (!joined && arguments[i] != "--config") continue;
    if (!joined && i + 1 == arguments.size()) throw UsageError("--config needs a file");
    Arguments with = arguments_of(joined ? arguments[i].substr(9) : arguments[i + 1]);
    const auto begin = arguments.begin() + static_cast<std::ptrdiff_t>(i);
    arguments.erase(begin, begin + (joined ? 1 : 2));
    const auto behind_subcommand = arguments.begin() + std::min<std::ptrdiff_t>(1, static_cast<std::ptrdiff_t>(arguments.size()));
    arguments.insert(behind_subcommand, with.list.begin(), with.list.end());
    with.list = std::move(arguments);
    return with;
  }
  return {std::move(arguments), {}};
}

}  // namespace halftone::cli
