#include "base/job.h"

#include <sched.h>

#include "base/error.h"

namespace halftone {

void Job::start(std::string_view step, std::int64_t total) const {
  throw_if_cancelled();
  if (progress != nullptr) progress->start(step, total);
}

void Job::at(std::string_view unit) const {
  throw_if_cancelled();
  if (progress != nullptr) progress->at(unit);
}

void Job::advance(std::int64_t units) const {
  throw_if_cancelled();
  if (progress != nullptr) progress->advance(units);
}

void Job::finish() const {
  if (progress != nullptr) progress->finish();
}

void Job::throw_if_cancelled() const {
  if (cancel != nullptr && cancel->load(std::memory_order_relaxed)) throw Cancelled();
}

int hardware_threads() {
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof cores, &cores) != 0) return 1;
  return CPU_COUNT(&cores) > 0 ? CPU_COUNT(&cores) : 1;
}

}  // namespace halftone
