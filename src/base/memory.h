// How much memory there is. Where the system overcommits, asking for more succeeds, and the process is ended later.
#pragma once

#include <cstddef>

namespace halftone {

std::size_t memory_of_machine();  // in bytes

}  // namespace halftone
