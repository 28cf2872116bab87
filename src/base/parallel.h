// One pool of threads for all loops: OpenMP's, which oneDNN uses too.
//
// Work is cut into items that depend on the problem, never on the number of threads; an item writes only what is its
// own. So results have the same bytes with any number of threads. An exception of an item is rethrown in the caller
// (the one of the lowest index).
#pragma once

#include <omp.h>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <limits>

namespace halftone {

// Calls body(i) for i in [0, count), on up to `threads` threads, in no fixed order.
template <typename Body>
void parallel_for(std::int64_t count, int threads, const Body& body) {
  if (threads <= 1 || count <= 1) {
    for (std::int64_t i = 0; i < count; ++i) body(i);
    return;
  }
  std::exception_ptr failure;
  std::int64_t failed_at = std::numeric_limits<std::int64_t>::max();
#pragma omp parallel for schedule(dynamic) num_threads(threads)
  for (std::int64_t i = 0; i < count; ++i) {
    try {
      body(i);
    } catch (...) {
#pragma omp critical(halftone_parallel_for)
      if (i < failed_at) {
        failed_at = i;
        failure = std::current_exception();
      }
    }
  }
  if (failure) std::rethrow_exception(failure);
}

// Cuts [0, count) into blocks of `block` items and calls body(first, last) for each.
template <typename Body>
void parallel_blocks(std::int64_t count, std::int64_t block, int threads, const Body& body) {
  parallel_for((count + block - 1) / block, threads, [&](std::int64_t b) {
    const std::int64_t first = b * block;
    body(first, first + block < count ? first + block : count);
  });
}

// Copies `count` elements that do not overlap.
template <typename T>
void parallel_copy(const T* from, std::int64_t count, int threads, T* to) {
  constexpr std::int64_t kBlock = 1 << 16;
  parallel_blocks(count, kBlock, threads, [&](std::int64_t first, std::int64_t end) { std::copy(from + first, from + end, to + first); });
}

}  // namespace halftone
