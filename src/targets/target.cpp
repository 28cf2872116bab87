#include "targets/target.h"

#define TOML_EXCEPTIONS 1
#define TOML_ASSERT(condition) static_cast<void>(0)  // some are about the text, and an error follows
#include <toml++/toml.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "graph/encoding.h"
#include "targets/embedded.h"

namespace halftone {
namespace {

class TargetReader {
 public:
  TargetReader(const toml::table& root, std::string where) : root_(root), where_(std::move(where)) {}

  Target read() {
    Target target;
    target.name = text("name");
    target.weight_types = strings("weights", "types", {"int4", "int8", "int16"});
    target.weight_granularity = strings("weights", "granularity", {"channel", "tensor", "block"});
    target.symmetric_weights = flag("weights", "symmetric");
    target.activation_types = strings("activations", "types", {"uint4", "int4", "uint8", "int8", "uint16", "int16"});
    target.layers = strings("operators", "layers", {});
    target.own_grid = strings("operators", "own_grid", {});
    target.same_grid = strings("operators", "same_grid", {});
    target.float_attributes = attributes("operators", "float_attributes");
    target.activations = strings("operators", "activations", {"Relu", "Clip"});
    target.fused_after = strings("fusion", "fused_after", {});
    if (root_["fusion"]["bias_after"]) target.bias_after = strings("fusion", "bias_after", {"MatMul"});
    require("requantization", "multiplier", "float32");
    require("requantization", "rounding", "half_even");
    refuse_unknown_keys();
    return target;
  }

 private:
  std::string text(const char* key) {
    known_.insert(key);
    const auto value = root_[key].value<std::string>();
    if (!value) throw Error("{}: '{}' is missing", where_, key);
    return *value;
  }

  bool flag(const std::string& section, const std::string& key) {
    known_.insert(section + "." + key);
    const auto value = root_[section][key].value<bool>();
    if (!value) throw Error("{}: '{}.{}' is missing; it is true or false", where_, section, key);
    return *value;
  }

  // The list; every entry must be among `possible` unless that is empty.
  std::set<std::string> strings(const std::string& section, const std::string& key, const std::set<std::string>& possible) {
    known_.insert(section + "." + key);
    const toml::array* array = root_[section][key].as_array();
    if (array == nullptr) throw Error("{}: '{}.{}' is missing; it is a list of strings", where_, section, key);
    std::set<std::string> values;
    for (const toml::node& entry : *array) {
      const auto value = entry.value<std::string>();
      if (!value) throw Error("{}: '{}.{}' holds something that is no string", where_, section, key);
      if (!possible.empty() && !possible.contains(*value)) {
        throw Error("{}: '{}.{}' holds '{}'; possible are {}", where_, section, key, *value,
                    quoted_list({possible.begin(), possible.end()}));
      }
      values.insert(*value);
    }
    return values;
  }

  // A table of lists of attribute names, by operator; it may be absent.
  std::map<std::string, std::set<std::string>> attributes(const std::string& section, const std::string& key) {
    known_.insert(section + "." + key);
    std::map<std::string, std::set<std::string>> result;
    if (!root_[section][key]) return result;
    const toml::table* table = root_[section][key].as_table();
    if (table == nullptr) throw Error("{}: '{}.{}' is a table of lists, as in {{AveragePool = [\"ceil_mode\"]}}", where_, section, key);
    for (const auto& [type, list] : *table) {
      const toml::array* names = list.as_array();
      if (names == nullptr) throw Error("{}: '{}.{}.{}' is a list of attribute names", where_, section, key, type.str());
      for (const toml::node& name : *names) result[std::string(type.str())].insert(name.value_or(std::string()));
    }
    return result;
  }

  void require(const std::string& section, const std::string& key, const std::string& only) {
    known_.insert(section + "." + key);
    const auto value = root_[section][key].value<std::string>();
    if (!value || *value != only) throw Error("{}: '{}.{}' must be '{}', the arithmetic that is implemented", where_, section, key, only);
  }

  void refuse_unknown_keys() {
    for (const auto& [key, node] : root_) {
      const std::string name(key.str());
      if (!node.is_table()) {
        refuse_unknown(name);
        continue;
      }
      for (const auto& [inner, value] : *node.as_table()) refuse_unknown(name + "." + std::string(inner.str()));
    }
  }

  void refuse_unknown(const std::string& name) {
    if (known_.contains(name)) return;
    throw Error("{}: '{}' is no key of a target{}", where_, name, did_you_mean(name, {known_.begin(), known_.end()}));
  }

  const toml::table& root_;
  const std::string where_;
  std::set<std::string> known_ = {"fusion.bias_after"};
};

Target parse(std::string_view toml_text, const std::string& where) {
  try {
    const toml::table root = toml::parse(toml_text);
    return TargetReader(root, where).read();
  } catch (const toml::parse_error& error) {
    throw Error("{}: line {}: {}", where, error.source().begin.line, error.description());
  }
}

}  // namespace

int bits_of_storage(const std::set<std::string>& types, bool is_signed, int bits) {
  for (int width : {4, 8, 16}) {
    if (width >= bits && types.contains(code_type_name(width, is_signed))) return width;
  }
  return 0;
}

std::vector<std::string> target_names() {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kEmbeddedTargetCount; ++i) names.emplace_back(kEmbeddedTargets[i].name);
  return names;
}

Target load_target(const std::string& name) {
  for (std::size_t i = 0; i < kEmbeddedTargetCount; ++i) {
    if (name == kEmbeddedTargets[i].name) return parse(kEmbeddedTargets[i].toml, "target " + name);
  }
  if (!name.ends_with(".toml")) {
    throw UsageError("there is no target '{}'; give {} or a .toml file", name, quoted_list(target_names()));
  }
  const MappedFile file(name);
  return parse({reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()}, name);
}

}  // namespace halftone
