#include "base/memory.h"

#include <unistd.h>

namespace halftone {

std::size_t memory_of_machine() {
  static const auto bytes = static_cast<std::size_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return bytes;
}

}  // namespace halftone
