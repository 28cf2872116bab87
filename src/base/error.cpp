#include "base/error.h"

#include <cstdio>
#include <cstdlib>

namespace halftone {

void abort_with(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "halftone: internal error, please report: %s:%d: %s does not hold\n", file, line, condition);
  std::abort();
}

}  // namespace halftone
