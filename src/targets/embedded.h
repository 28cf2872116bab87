// The target descriptions that are compiled in (cmake/embed_targets.cmake writes the definition).
#pragma once

#include <cstddef>

namespace halftone {

struct EmbeddedTarget {
  const char* name;  // file name without .toml
  const char* toml;
};
extern const EmbeddedTarget kEmbeddedTargets[];
extern const std::size_t kEmbeddedTargetCount;

}  // namespace halftone
