#include "data/labels.h"

#include <charconv>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "data/picture.h"
#include "tensor/npy.h"

namespace halftone {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kMostNamed = 3;  // names in a message

// "'a.jpg', 'b.jpg' and 5 more"
std::string first_of(const std::vector<std::string>& names) {
  std::vector<std::string> some;
  for (std::size_t i = 0; i < names.size() && i < kMostNamed; ++i) some.push_back("'" + names[i] + "'");
  const std::string text = join(some, ", ");
  return names.size() > kMostNamed ? fmt::format("{} and {} more", text, names.size() - kMostNamed) : text;
}

void check_has_file_names(const SampleSource& dataset, const fs::path& path, const char* what) {
  if (dataset.has_file_names()) return;
  throw Error("{}: {} is matched by file name, but the samples are rows of an array; give an .npy of classes",
              path.string(), what);
}

std::string_view trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view unquoted(std::string_view text) {
  text = trimmed(text);
  const bool quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
  return quoted ? text.substr(1, text.size() - 2) : text;
}

std::int64_t parse_class(std::string_view text, const std::string& where) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || value < -1) {
    throw Error("{}: '{}' is not a class; a line reads file,class with a class of 0 or more", where, text);
  }
  return value;
}

using ClassByFile = std::map<std::string, std::int64_t, std::less<>>;

void read_csv_line(std::string_view line, std::int64_t number, const fs::path& path, ClassByFile& classes) {
  const std::string where = fmt::format("{}, line {}", path.string(), number);
  const std::size_t comma = line.rfind(',');
  if (comma == std::string_view::npos) throw Error("{}: '{}' has no comma; a line reads file,class", where, line);
  const std::string_view file = unquoted(line.substr(0, comma)), label = unquoted(line.substr(comma + 1));
  if (number == 1 && file == "file" && label == "class") return;
  const auto [at, is_new] = classes.emplace(std::string(file), parse_class(label, where));
  if (!is_new && at->second != parse_class(label, where)) {
    throw Error("{}: '{}' has class {} here and {} in an earlier line", where, file, label, at->second);
  }
}

ClassByFile read_csv(const fs::path& path) {
  const MappedFile file(path);
  std::string_view rest(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
  if (rest.starts_with("\xef\xbb\xbf")) rest.remove_prefix(3);  // the byte order mark of some editors
  ClassByFile classes;
  for (std::int64_t number = 1; !rest.empty(); ++number) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = trimmed(rest.substr(0, end));
    if (!line.empty()) read_csv_line(line, number, path, classes);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  if (classes.empty()) throw Error("{}: holds no labels", path.string());
  return classes;
}

// A row for a file that the folder does not hold: wrong labels or the wrong folder.
void check_no_extra_rows(const ClassByFile& classes, const SampleSource& dataset, const fs::path& path) {
  const std::vector<std::string> left_out = dataset.left_out();
  std::set<std::string> known(left_out.begin(), left_out.end());
  for (std::int64_t i = 0; i < dataset.size(); ++i) known.insert(dataset.name(i));
  std::vector<std::string> extra;
  for (const auto& [file, label] : classes) {
    if (!known.contains(file)) extra.push_back(file);
  }
  if (extra.empty()) return;
  throw Error("{}: {} of its {} files are not in the data: {}", path.string(), extra.size(), classes.size(), first_of(extra));
}

Labels open_csv(const fs::path& path, const SampleSource& dataset) {
  check_has_file_names(dataset, path, "a CSV");
  const ClassByFile by_file = read_csv(path);
  std::vector<std::int64_t> classes;
  std::vector<std::string> missing;
  for (std::int64_t i = 0; i < dataset.size(); ++i) {
    const auto found = by_file.find(dataset.name(i));
    if (found == by_file.end()) missing.push_back(dataset.name(i));
    classes.push_back(found == by_file.end() ? -1 : found->second);
  }
  if (!missing.empty()) {
    throw Error("{}: has no class for {} of {} samples: {}", path.string(), missing.size(), dataset.size(), first_of(missing));
  }
  check_no_extra_rows(by_file, dataset, path);
  return Labels(std::move(classes));
}

Labels open_npy(const fs::path& path, const SampleSource& dataset) {
  const NpyFile file(path);
  const Shape& shape = file.shape();
  if (!is_integer(file.type())) {
    throw Error("{}: holds {}; classes are integers (save it with .astype('int64'))", path.string(), name_of(file.type()));
  }
  if (shape.size() != 1 && !(shape.size() == 2 && shape[1] == 1)) {
    throw Error("{}: has shape {}; classes are one number a sample: [N]", path.string(), to_string(shape));
  }
  const std::int64_t needed = dataset.skipped() + dataset.size();
  if (shape[0] < needed) {
    throw Error("{}: has {} classes for {} samples{}", path.string(), shape[0], needed,
                dataset.skipped() > 0 ? fmt::format(" ({} of them skipped)", dataset.skipped()) : "");
  }
  std::vector<std::int64_t> classes = to_int64s(file.read_rows(dataset.skipped(), dataset.size()));
  for (std::size_t i = 0; i < classes.size(); ++i) {
    if (classes[i] < -1) throw Error("{}: class {} of sample {} is negative", path.string(), classes[i], i);
  }
  return Labels(std::move(classes));
}

Labels open_label_pictures(const fs::path& folder, const SampleSource& dataset) {
  check_has_file_names(dataset, folder, "a folder of label pictures");
  std::vector<fs::path> pictures;
  std::vector<std::string> missing;
  for (std::int64_t i = 0; i < dataset.size(); ++i) {
    const fs::path picture = folder / fs::path(dataset.name(i)).replace_extension(".png");
    if (!fs::exists(picture)) missing.push_back(picture.filename().string());
    pictures.push_back(picture);
  }
  if (!missing.empty()) {
    throw Error("{}: has no label picture for {} of {} samples: {}", folder.string(), missing.size(), dataset.size(),
                first_of(missing));
  }
  return Labels(std::move(pictures));
}

}  // namespace

std::int64_t Labels::class_of(std::int64_t sample) const {
  HALFTONE_CHECK(sample >= 0 && sample < static_cast<std::int64_t>(classes_.size()));
  return classes_[static_cast<std::size_t>(sample)];
}

Tensor Labels::picture(std::int64_t sample) const {
  HALFTONE_CHECK(sample >= 0 && sample < static_cast<std::int64_t>(pictures_.size()));
  return read_label_picture(pictures_[static_cast<std::size_t>(sample)]);
}

Labels open_labels(const fs::path& path, const SampleSource& dataset) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) throw Error("{}: does not exist", path.string());
  if (fs::is_directory(path, ignored)) return open_label_pictures(path, dataset);
  if (path.extension() == ".npy") return open_npy(path, dataset);
  if (path.extension() == ".csv") return open_csv(path, dataset);
  throw Error("{}: is not a kind of labels that is read; give a .csv (file,class), an .npy of classes or a folder of "
              "label pictures", path.string());
}

}  // namespace halftone
