// The passes in their order, and the runner: times, verifies the graph after each, skips by name.
#pragma once

#include <span>

#include "passes/pass.h"

namespace halftone {

std::span<const Pass* const> all_passes();  // in the order they run

struct PassRecord {
  std::string name;
  double seconds = 0;
  bool kept = true;
  int changed = 0;
  std::string summary;
  std::vector<std::string> notes;
};

// Which passes run: those named (all when empty) and not disabled. Hyphens are as good as underscores. Throws UsageError
// for an unknown name, with the nearest ones.
std::vector<const Pass*> choose_passes(const std::vector<std::string>& named, const std::vector<std::string>& disabled);

// Runs a pass, then verifies the graph. An Error of the pass gets its name in front.
PassRecord run_pass(const Pass& pass, Graph& graph, PassContext& context);

}  // namespace halftone
