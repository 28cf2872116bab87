// Errors are sentences: what failed, where (file, node, value), the numbers, what to do.
//
// Error is thrown for failures of input and environment, which a user can mend. A broken invariant of our own is not
// an Error: HALFTONE_CHECK prints the condition and aborts. The command line maps Error to exit status 1, UsageError
// to 2 and Cancelled to 130.
#pragma once

#include <fmt/core.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace halftone {

class Error : public std::runtime_error {
 public:
  template <typename... Args>
  explicit Error(fmt::format_string<Args...> format, Args&&... args)
      : std::runtime_error(fmt::vformat(format, fmt::make_format_args(args...))) {}
};

// A wrong argument (a flag's value, a name that matches nothing) rather than a wrong file.
class UsageError : public Error {
 public:
  using Error::Error;
};

// The caller asked to stop (Ctrl-C); nothing is half-written.
class Cancelled : public Error {
 public:
  Cancelled() : Error("cancelled") {}
};

[[noreturn]] void abort_with(const char* condition, const char* file, int line);

}  // namespace halftone

#define HALFTONE_CHECK(condition) \
  (static_cast<bool>(condition) ? void(0) : ::halftone::abort_with(#condition, __FILE__, __LINE__))
