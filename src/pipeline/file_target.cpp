#include "pipeline/file_target.h"

#include <algorithm>

#include "base/text.h"

namespace halftone {
namespace {

constexpr const char* kKey = "halftone.target";
constexpr const char* kUsual = "onnxruntime";

}  // namespace

void name_target(Graph& graph, const Target& target) {
  auto& metadata = graph.file.metadata;
  std::erase_if(metadata, [](const auto& entry) { return entry.first == kKey; });
  metadata.emplace_back(kKey, target.name);
}

Target target_of(const Graph& graph, const std::string& wish, std::vector<std::string>& warnings) {
  if (!wish.empty()) return load_target(wish);
  const auto& metadata = graph.file.metadata;
  const auto named = std::find_if(metadata.begin(), metadata.end(), [](const auto& entry) { return entry.first == kKey; });
  if (named == metadata.end()) return load_target(kUsual);
  const std::vector<std::string> known = target_names();
  if (std::find(known.begin(), known.end(), named->second) != known.end()) return load_target(named->second);
  warnings.push_back(fmt::format("{}made for the target '{}', which is none of {}; simulated as {}: give its file with --target", origin(graph),
                                 named->second, quoted_list(known), kUsual));
  return load_target(kUsual);
}

}  // namespace halftone
