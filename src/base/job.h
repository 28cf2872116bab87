// What a long call takes from its caller: threads, progress, cancel. The library prints nothing and reads no environment.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

namespace halftone {

// Receives the progress of a long step. Called from one thread at a time.
class Progress {
 public:
  virtual ~Progress() = default;
  virtual void start(std::string_view step, std::int64_t total) = 0;  // total in units of the step (samples, layers)
  virtual void at(std::string_view) {}  // the unit that is worked on now: a layer's name
  virtual void advance(std::int64_t units) = 0;
  virtual void finish() = 0;
};

struct Job {
  int threads = 1;                              // at least 1; results never depend on it
  Progress* progress = nullptr;                 // may be null
  const std::atomic<bool>* cancel = nullptr;    // may be null; polled between batches
  std::uint64_t value_bytes = 24u << 20;        // what the values of one batch may take; decides the batch size
  std::uint64_t store_bytes = 64u << 20;        // what a walk over the layers may keep of one network's values at a time

  void start(std::string_view step, std::int64_t total) const;
  void at(std::string_view unit) const;
  void advance(std::int64_t units) const;  // throws Cancelled when asked to stop
  void finish() const;
  void throw_if_cancelled() const;
};

int hardware_threads();  // the cores this process may run on, at least 1

}  // namespace halftone
