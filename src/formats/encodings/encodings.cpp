#include "formats/encodings/encodings.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "base/file.h"
#include "base/text.h"

namespace halftone {
namespace {

constexpr double kSmallestScale = 0x1.0p-120;  // of set_range (graph/encoding.h)

using Json = nlohmann::ordered_json;

constexpr EncodingsVersion kVersions[] = {EncodingsVersion::v2_0_0, EncodingsVersion::v1_0_0, EncodingsVersion::v0_6_1};

std::string version_list() {
  std::vector<std::string> names;
  for (EncodingsVersion version : kVersions) names.emplace_back(name_of(version));
  return quoted_list(names);
}

// Codes above the lowest one. A symmetric grid of 2^b - 1 codes begins one above the lowest.
std::int64_t steps_of(const EncodingsEntry& entry) {
  const bool narrow = entry.symmetric && !entry.offset.empty() && entry.offset[0] == 1 - (std::int64_t{1} << (entry.bits - 1));
  return (std::int64_t{1} << entry.bits) - (narrow ? 2 : 1);
}

// ---- writing

// A number where there is one for the whole tensor, else the list.
template <typename T>
Json by_channel(const EncodingsEntry& entry, const std::vector<T>& values) {
  return entry.per_channel ? Json(values) : Json(values.at(0));
}

Json entry_0_6_1(const EncodingsEntry& entry) {
  if (entry.is_float) return Json::array({{{"bitwidth", entry.bits}, {"dtype", "float"}}});
  Json list = Json::array();
  for (std::size_t c = 0; c < entry.scale.size(); ++c) {
    const double scale = entry.scale[c];
    const double low = static_cast<double>(entry.offset[c]), high = static_cast<double>(entry.offset[c] + steps_of(entry));
    list.push_back({{"bitwidth", entry.bits}, {"dtype", "int"}, {"is_symmetric", entry.symmetric ? "True" : "False"}, {"max", scale * high},
                    {"min", scale * low}, {"offset", entry.offset[c]}, {"scale", scale}});
  }
  return list;
}

Json entry_1_0_0(const EncodingsEntry& entry) {
  Json json = {{"name", entry.name}, {"enc_type", entry.per_channel ? "PER_CHANNEL" : "PER_TENSOR"}, {"dtype", entry.is_float ? "FLOAT" : "INT"}, {"bw", entry.bits}};
  if (entry.is_float) return json;
  json["is_sym"] = entry.symmetric;
  json["scale"] = entry.scale;
  json["offset"] = entry.offset;
  return json;
}

Json entry_2_0_0(const EncodingsEntry& entry) {
  Json json = {{"name", entry.name}};
  if (entry.is_float) {
    json["output_dtype"] = fmt::format("float{}", entry.bits);
    return json;
  }
  const bool is_signed = entry.is_signed.value_or(false);
  json["output_dtype"] = code_type_name(entry.bits, is_signed);
  json["y_scale"] = by_channel(entry, entry.scale);
  std::vector<std::int64_t> zero_point;
  for (std::int64_t offset : entry.offset) zero_point.push_back(-offset - (is_signed ? std::int64_t{1} << (entry.bits - 1) : 0));
  const bool all_zero = std::all_of(zero_point.begin(), zero_point.end(), [](std::int64_t z) { return z == 0; });
  if (!all_zero) json["y_zero_point"] = by_channel(entry, zero_point);
  if (entry.axis) json["axis"] = *entry.axis;
  return json;
}

// What older readers ask for: the settings that most grids have.
Json quantizer_args(const std::vector<EncodingsEntry>& entries) {
  const auto first = [&](bool is_parameter) {
    return std::find_if(entries.begin(), entries.end(), [&](const EncodingsEntry& e) { return e.is_parameter == is_parameter && !e.is_float && e.bits < 32; });
  };
  const auto weight = first(true), activation = first(false);
  const bool has_weight = weight != entries.end();
  return {{"activation_bitwidth", activation != entries.end() ? activation->bits : 32},
          {"dtype", "int"},
          {"is_symmetric", has_weight && weight->symmetric},
          {"param_bitwidth", has_weight ? weight->bits : 32},
          {"per_channel_quantization", has_weight && weight->per_channel}};
}

Json file_1_0_0(const std::vector<EncodingsEntry>& entries, EncodingsVersion version) {
  const bool as_map = version == EncodingsVersion::v0_6_1;
  Json parts[] = {as_map ? Json::object() : Json::array(), as_map ? Json::object() : Json::array()};
  for (const EncodingsEntry& entry : entries) {
    Json& part = parts[entry.is_parameter ? 1 : 0];
    if (as_map) part[entry.name] = entry_0_6_1(entry);
    else part.push_back(entry_1_0_0(entry));
  }
  return {{"version", name_of(version)}, {"activation_encodings", parts[0]}, {"param_encodings", parts[1]}, {"excluded_layers", Json::array()},
          {"quantizer_args", quantizer_args(entries)}};
}

Json file_2_0_0(const std::vector<EncodingsEntry>& entries) {
  Json list = Json::array();
  for (const EncodingsEntry& entry : entries) list.push_back(entry_2_0_0(entry));
  return {{"version", name_of(EncodingsVersion::v2_0_0)}, {"encodings", std::move(list)}};
}

// ---- reading

class Fields {
 public:
  // what: "value 'x'", for messages.
  Fields(std::string what, const Json& json) : what_(std::move(what)), json_(json) {
    if (!json.is_object()) fail("is no object");
  }

  template <typename... Args>
  [[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) const {
    throw Error("{}: {}", what_, fmt::vformat(format, fmt::make_format_args(args...)));
  }

  bool has(const char* key) const { return json_.contains(key) && !json_[key].is_null(); }

  const Json& at(const char* key) const {
    if (!has(key)) fail("'{}' is missing", key);
    return json_[key];
  }

  std::string text(const char* key) const {
    const Json& json = at(key);
    if (!json.is_string()) fail("'{}' is no text", key);
    return json.get<std::string>();
  }

  // true and false, or "True" and "False".
  bool yes(const char* key) const {
    if (!has(key)) return false;
    const Json& json = json_[key];
    if (json.is_boolean()) return json.get<bool>();
    const std::string word = json.is_string() ? json.get<std::string>() : "";
    if (word != "True" && word != "true" && word != "False" && word != "false") fail("'{}' is neither true nor false", key);
    return word == "True" || word == "true";
  }

  int bits(const char* key) const {
    const std::int64_t bits = integer(key, at(key));
    if (bits < 2 || bits > 32) fail("'{}' is {}; codes have 2 to 32 bits", key, bits);
    return static_cast<int>(bits);
  }

  int axis(const char* key) const {
    constexpr std::int64_t kMost = 63;
    const std::int64_t axis = integer(key, at(key));
    if (axis < 0 || axis > kMost) fail("'{}' is {}; give one from 0 on, counted from the first", key, axis);
    return static_cast<int>(axis);
  }

  std::int64_t integer(const char* key, const Json& json) const {
    const double number = json.is_number() ? json.get<double>() : std::numeric_limits<double>::quiet_NaN();
    if (!(std::fabs(number) <= 4294967296.0) || number != std::nearbyint(number)) fail("'{}' holds {}, which is no integer of 32 bits", key, json.dump());
    return static_cast<std::int64_t>(number);
  }

  float scale(const char* key, const Json& json) const {
    const float number = json.is_number() ? json.get<float>() : 0.0f;
    if (!(number >= kSmallestScale) || !std::isfinite(number)) fail("'{}' holds {}; a scale is a positive, finite number of at least 2^-120", key, json.dump());
    return number;
  }

  // The field as a list; a number is a list of one.
  std::vector<Json> list(const char* key) const {
    const Json& json = at(key);
    if (!json.is_array()) return {json};
    if (json.empty()) fail("'{}' is empty", key);
    return {json.begin(), json.end()};
  }

 private:
  const std::string what_;
  const Json& json_;
};

std::string value_of(const std::string& name) { return "value '" + name + "'"; }

void read_scales(const Fields& fields, const char* key, EncodingsEntry& entry) {
  for (const Json& json : fields.list(key)) entry.scale.push_back(fields.scale(key, json));
}

EncodingsEntry read_0_6_1(const std::string& name, const Json& json) {
  EncodingsEntry entry{.name = name};
  if (!json.is_array() || json.empty()) throw Error("value '{}': is no list of encodings", name);
  for (const Json& channel : json) {
    const Fields fields(value_of(name), channel);
    const std::string type = fields.has("dtype") ? fields.text("dtype") : "int";
    entry.bits = fields.bits("bitwidth");
    entry.is_float = type == "float";
    if (entry.is_float) return entry;
    if (type != "int") fields.fail("there is no dtype '{}'; give int or float", type);
    entry.symmetric = fields.yes("is_symmetric");
    entry.scale.push_back(fields.scale("scale", fields.at("scale")));
    entry.offset.push_back(fields.integer("offset", fields.at("offset")));
  }
  entry.per_channel = entry.scale.size() > 1;
  return entry;
}

EncodingsEntry read_1_0_0(const std::string& name, const Json& json) {
  const Fields fields(value_of(name), json);
  EncodingsEntry entry{.name = name, .bits = fields.bits("bw")};
  const std::string type = fields.text("dtype");
  entry.is_float = type == "FLOAT";
  if (entry.is_float) return entry;
  if (type != "INT") fields.fail("there is no dtype '{}'; give INT or FLOAT", type);
  const std::string kind = fields.text("enc_type");
  if (kind != "PER_TENSOR" && kind != "PER_CHANNEL") fields.fail("grids of enc_type {} are not supported; give PER_TENSOR or PER_CHANNEL", kind);
  entry.per_channel = kind == "PER_CHANNEL";
  entry.symmetric = fields.yes("is_sym");
  read_scales(fields, "scale", entry);
  for (const Json& offset : fields.list("offset")) entry.offset.push_back(fields.integer("offset", offset));
  return entry;
}

void read_type_2_0_0(const Fields& fields, EncodingsEntry& entry) {
  const std::string type = fields.text("output_dtype");
  const std::size_t digits = type.find_first_of("0123456789");
  const std::string kind = type.substr(0, digits), number = digits == std::string::npos ? "" : type.substr(digits);
  entry.is_float = kind == "float" || kind == "bfloat";
  entry.is_signed = kind == "int";
  const bool is_known = entry.is_float || kind == "int" || kind == "uint";
  const bool is_number = !number.empty() && number.size() <= 2 && number.find_first_not_of("0123456789") == std::string::npos;
  entry.bits = is_number ? std::stoi(number) : 0;
  if (!is_known || entry.bits < 2 || entry.bits > 32) fields.fail("there is no output_dtype '{}'; give one like uint8, int4 or float32", type);
}

EncodingsEntry read_2_0_0(const std::string& name, const Json& json) {
  const Fields fields(value_of(name), json);
  EncodingsEntry entry{.name = name};
  read_type_2_0_0(fields, entry);
  if (entry.is_float) {
    entry.is_signed.reset();
    return entry;
  }
  for (const char* key : {"block_size", "per_block_int_scale", "per_channel_float_scale"}) {
    if (fields.has(key)) fields.fail("grids with '{}' are not supported; give one scale, or one per channel", key);
  }
  entry.per_channel = fields.has("axis");
  if (entry.per_channel) entry.axis = fields.axis("axis");
  read_scales(fields, "y_scale", entry);
  const std::int64_t lowest = *entry.is_signed ? -(std::int64_t{1} << (entry.bits - 1)) : 0;
  if (!fields.has("y_zero_point")) entry.offset.assign(entry.scale.size(), lowest);
  else for (const Json& zero : fields.list("y_zero_point")) entry.offset.push_back(lowest - fields.integer("y_zero_point", zero));
  return entry;
}

void check_counts(const EncodingsEntry& entry) {
  const std::size_t scales = entry.scale.size(), offsets = entry.offset.size();
  if (scales != offsets) throw Error("value '{}': {} scales and {} offsets; give as many of both", entry.name, scales, offsets);
  if (!entry.is_float && !entry.per_channel && scales != 1) throw Error("value '{}': {} scales for a whole tensor; give one, or the axis of the channels", entry.name, scales);
}

class Reader {
 public:
  EncodingsFile read(const Json& json) {
    if (!json.is_object()) throw Error("is no encodings file: a JSON object is expected");
    const bool has_version = json.contains("version") && json["version"].is_string();
    if (!has_version) throw Error("says no encodings version; there are {}", version_list());
    file_.version = encodings_version(json["version"].get<std::string>());
    if (file_.version == EncodingsVersion::v2_0_0) {
      read_part(json, "encodings", false);
    } else {
      read_part(json, "activation_encodings", false);
      read_part(json, "param_encodings", true);
    }
    return std::move(file_);
  }

 private:
  void read_part(const Json& json, const char* key, bool is_parameter) {
    const bool as_map = file_.version == EncodingsVersion::v0_6_1;
    if (!json.contains(key) || !(as_map ? json[key].is_object() : json[key].is_array())) {
      throw Error("version {} needs {} '{}'", name_of(file_.version), as_map ? "an object" : "a list", key);
    }
    int count = 0;
    for (const auto& [name, entry] : json[key].items()) {
      if (as_map) add(read_0_6_1(name, entry), is_parameter);
      else add(read_entry(entry, fmt::format("entry {} of '{}'", ++count, key)), is_parameter);
    }
  }

  EncodingsEntry read_entry(const Json& json, const std::string& nameless) const {
    const std::string name = Fields(nameless, json).text("name");
    return file_.version == EncodingsVersion::v1_0_0 ? read_1_0_0(name, json) : read_2_0_0(name, json);
  }

  void add(EncodingsEntry entry, bool is_parameter) {
    entry.is_parameter = is_parameter;
    check_counts(entry);
    if (!names_.insert(entry.name).second) throw Error("value '{}': has two entries", entry.name);
    file_.entries.push_back(std::move(entry));
  }

  EncodingsFile file_;
  std::set<std::string> names_;
};

Json parsed(const std::filesystem::path& path) {
  const MappedFile file(path);
  const auto* text = reinterpret_cast<const char*>(file.bytes().data());
  try {
    return Json::parse(text, text + file.bytes().size());
  } catch (const Json::parse_error& error) {
    throw Error("is no JSON: something is wrong at byte {} of {}", error.byte, file.bytes().size());
  } catch (const Json::exception&) {
    throw Error("holds a number that is too large");
  }
}

}  // namespace

const char* name_of(EncodingsVersion version) {
  switch (version) {
    case EncodingsVersion::v2_0_0: return "2.0.0";
    case EncodingsVersion::v1_0_0: return "1.0.0";
    case EncodingsVersion::v0_6_1: return "0.6.1";
  }
  return "";
}

EncodingsVersion encodings_version(const std::string& name) {
  const auto* found = std::find_if(std::begin(kVersions), std::end(kVersions), [&](EncodingsVersion version) { return name == name_of(version); });
  if (found == std::end(kVersions)) throw UsageError("there is no encodings version '{}'; there are {}", name, version_list());
  return *found;
}

EncodingsFile read_encodings(const std::filesystem::path& path) {
  try {
    EncodingsFile file = Reader().read(parsed(path));
    file.path = path.string();
    return file;
  } catch (const Error& error) {
    const std::string what = error.what();
    if (what.starts_with(path.string())) throw;
    throw Error("{}: {}", path.string(), what);
  }
}

void write_encodings(const std::vector<EncodingsEntry>& entries, EncodingsVersion version, const std::filesystem::path& path) {
  const Json json = version == EncodingsVersion::v2_0_0 ? file_2_0_0(entries) : file_1_0_0(entries, version);
  write_file_atomically(path, json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace halftone
