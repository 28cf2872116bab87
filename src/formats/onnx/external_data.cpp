#include "formats/onnx/external_data.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/error.h"

namespace halftone {
namespace {

namespace fs = std::filesystem;

std::string entry_of(const onnx::TensorProto& tensor, const std::string& key) {
  for (const auto& entry : tensor.external_data()) {
    if (entry.key() == key) return entry.value();
  }
  return "";
}

// nullopt: it is not stated.
std::optional<std::int64_t> number_of(const onnx::TensorProto& tensor, const std::string& key, const std::string& what) {
  const std::string text = entry_of(tensor, key);
  if (text.empty()) return std::nullopt;
  std::int64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc{} || end != text.data() + text.size()) {
    throw Error("{}: the {} of its data, '{}', is no number of bytes; save the model again", what, key, text);
  }
  if (number < 0) throw Error("{}: the {} of its data, {}, is negative; save the model again", what, key, number);
  return number;
}

bool is_below(const fs::path& file, const fs::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), file.begin(), file.end()).first == folder.end();
}

fs::path folder_of(const fs::path& file) { return file.has_parent_path() ? file.parent_path() : fs::path("."); }

// Where the file lies, with all links followed.
fs::path place_of(const std::string& location, const fs::path& model, const std::string& what) {
  const fs::path inside = fs::path(location).lexically_normal();
  if (location.find('\0') != std::string::npos) throw Error("{}: the name of its data file holds a zero byte", what);
  if (inside.is_absolute() || inside.begin() == inside.end() || *inside.begin() == "..") {
    throw Error("{}: its data lie in '{}', outside the model's folder; only files of that folder are read, so save the model with its data beside it",
                what, location);
  }
  const fs::path file = folder_of(model) / inside;
  std::error_code failure;
  if (!fs::exists(file, failure)) throw Error("{}: its data file '{}' is missing; it must lie beside the model", what, file.string());
  const fs::path place = fs::canonical(file, failure), folder = fs::canonical(folder_of(model), failure);
  const fs::path beside_the_model_itself = fs::canonical(model, failure).parent_path();  // a model that is a link, as caches have them
  if (!is_below(place, folder) && !is_below(place, beside_the_model_itself)) {
    throw Error("{}: its data file '{}' is a link to '{}', outside the model's folder; put the file itself there", what, file.string(), place.string());
  }
  if (!fs::is_regular_file(place, failure)) throw Error("{}: its data file '{}' is no regular file", what, file.string());
  return place;
}

}  // namespace

const MappedFile& ExternalData::file_at(const std::string& location, const std::string& what) {
  auto found = mapped_.find(location);
  if (found == mapped_.end()) {
    const fs::path place = location == files_.data_name ? files_.data : place_of(location, files_.model, what);
    found = mapped_.emplace(location, std::pair(place, std::make_unique<MappedFile>(place))).first;
  }
  return *found->second.second;
}

std::span<const std::byte> ExternalData::bytes_of(const onnx::TensorProto& tensor, std::int64_t expected, const std::string& what) {
  const std::string location = entry_of(tensor, "location");
  if (location.empty()) throw Error("{}: its data lie in another file, but the model does not say which (no location)", what);
  const std::int64_t offset = number_of(tensor, "offset", what).value_or(0), length = number_of(tensor, "length", what).value_or(expected);
  if (length != expected) throw Error("{}: it takes {} bytes, but its data in '{}' are {} bytes long", what, expected, location, length);
  const std::span<const std::byte> file = file_at(location, what).bytes();
  if (offset > std::ssize(file) || length > std::ssize(file) - offset) {
    throw Error("{}: its data are bytes {} to {} of '{}', but that file has {} bytes; it is damaged, truncated or of another model", what, offset,
                static_cast<std::uint64_t>(offset) + static_cast<std::uint64_t>(length), location, file.size());
  }
  return file.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(length));
}

namespace {

class WeightMover {
 public:
  WeightMover(const std::string& data_name, const Append& append) : data_name_(data_name), append_(append) {}

  void move(onnx::GraphProto& graph) {
    for (onnx::TensorProto& tensor : *graph.mutable_initializer()) move(tensor);
    for (onnx::NodeProto& node : *graph.mutable_node()) {
      for (onnx::AttributeProto& attribute : *node.mutable_attribute()) {
        if (attribute.has_t()) move(*attribute.mutable_t());
        if (attribute.has_g()) move(*attribute.mutable_g());
      }
    }
  }

 private:
  static constexpr std::size_t kSmall = 1024;     // what shapes are told from must stand in the model for other readers
  static constexpr std::size_t kAlignment = 4096;  // so that it can be mapped

  void move(onnx::TensorProto& tensor) {
    if (tensor.raw_data().size() < kSmall) return;
    const std::string raw = std::move(*tensor.mutable_raw_data());
    tensor.clear_raw_data();
    static const std::vector<std::byte> zeros(kAlignment);
    const std::size_t gap = (kAlignment - end_ % kAlignment) % kAlignment;
    append_(std::span(zeros).first(gap));
    append_(std::as_bytes(std::span(raw)));
    tensor.set_data_location(onnx::TensorProto::EXTERNAL);
    state(tensor, "location", data_name_);
    state(tensor, "offset", std::to_string(end_ + gap));
    state(tensor, "length", std::to_string(raw.size()));
    end_ += gap + raw.size();
  }

  static void state(onnx::TensorProto& tensor, const char* key, const std::string& value) {
    auto* entry = tensor.add_external_data();
    entry->set_key(key);
    entry->set_value(value);
  }

  const std::string& data_name_;
  const Append& append_;
  std::size_t end_ = 0;
};

}  // namespace

void move_weights_out(onnx::GraphProto& graph, const std::string& data_name, const Append& append) { WeightMover(data_name, append).move(graph); }

std::vector<fs::path> ExternalData::read_files() const {
  std::vector<fs::path> files;
  for (const auto& [location, file] : mapped_) files.push_back(file.first);
  return files;
}

}  // namespace halftone
