// halftone: parses, dispatches, turns errors into one line and an exit status (0 fine, 1 failure, 2 usage, 130 Ctrl-C).
#if __has_include(<malloc.h>)
#include <malloc.h>
#endif

#include <csignal>
#include <cstdio>
#include <new>
#include <string>

#include "base/error.h"
#include "base/file.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/overwriting.h"

namespace {

// Large blocks go back to the system when they are freed, so that the peak is what is in use; by default glibc keeps ever
// larger ones. The small ones' heap is not cut at every opportunity.
void keep_memory_small() {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 2 << 20);
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
#endif
}

}  // namespace

int main(int argc, char** argv) {
  using namespace halftone;
  const auto fail = [](int status, const char* message) {
    std::fprintf(stderr, "halftone: %s\n", message);
    return status;
  };
  keep_memory_small();
  std::signal(SIGXFSZ, SIG_IGN);  // a file beyond the limit is an error of write(), not a silent end
  std::string stopped = "stopped";
  try {
    const cli::CommandLine line = cli::parse_command_line(argc, argv);
    cli::refuse_overwriting(line);
    if (line.common.json && *line.common.json != "-") check_writable(*line.common.json);
    if (line.command == "quantize") stopped += "; nothing was written";
    if (line.command == "run") stopped += "; the files of the samples so far are complete";
    if (line.command == "inspect") cli::inspect(line.inspect, line.common);
    if (line.command == "evaluate") cli::evaluate_model(line.evaluate, line.common);
    if (line.command == "run") cli::run_model(line.run, line.common);
    if (line.command == "quantize") cli::quantize_model(line.quantize, line.common);
    if (std::fflush(stdout) != 0) return fail(1, "the output could not be written");
    return line.status;
  } catch (const Cancelled&) {
    return fail(cli::kInterrupted, stopped.c_str());
  } catch (const UsageError& error) {
    return fail(2, error.what());
  } catch (const std::bad_alloc&) {
    return fail(1, "out of memory; fewer --threads or a smaller --max-memory may help");
  } catch (const std::exception& error) {
    return fail(1, error.what());
  }
}
