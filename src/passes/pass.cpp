#include "passes/pass.h"

#include <algorithm>

#include "base/text.h"

namespace halftone {

bool QuantizeOptions::excludes(const std::string& node) const {
  return std::any_of(exclude.begin(), exclude.end(), [&](const std::string& glob) { return glob_matches(glob, node); });
}

}  // namespace halftone
