#include "cli/console.h"

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <thread>

#include "base/file.h"
#include "base/temporary_path.h"
#include "base/text.h"
#include "formats/onnx/onnx.h"
#include "operators/operator.h"
#include "pipeline/file_target.h"
#include "report/table.h"

namespace halftone::cli {
namespace {

constexpr std::size_t kColumns = 79;  // of a terminal

std::atomic<bool> interrupted{false};
const auto process_start = std::chrono::steady_clock::now();

constexpr int kStops[] = {SIGINT, SIGTERM, SIGHUP};

// The first signal asks the work to stop, the second ends the process; neither leaves a half-written file.
void wait_for_signals(sigset_t stops) {
  for (int signal = 0; sigwait(&stops, &signal) == 0;) {
    if (!interrupted.exchange(true)) continue;
    remove_temporaries();
    _exit(kInterrupted);
  }
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

const std::atomic<bool>* install_interrupt() {
  sigset_t stops;
  sigemptyset(&stops);
  for (int signal : kStops) {
    struct sigaction now {};
    sigaction(signal, nullptr, &now);
    if (now.sa_handler != SIG_IGN) sigaddset(&stops, signal);  // nohup stays what it is
  }
  pthread_sigmask(SIG_BLOCK, &stops, nullptr);  // before any other thread exists: they inherit it
  std::thread(wait_for_signals, stops).detach();
  return &interrupted;
}

void ConsoleProgress::start(std::string_view step, std::int64_t total) {
  step_ = step;
  unit_.clear();
  total_ = total;
  done_ = 0;
  begin_ = drawn_ = std::chrono::steady_clock::now();
}

void ConsoleProgress::at(std::string_view unit) {
  unit_ = unit;
  draw_if_due();
}

void ConsoleProgress::advance(std::int64_t units) {
  done_ += units;
  draw_if_due();
}

void ConsoleProgress::draw_if_due() {
  if (isatty(2) != 0 && seconds_since(drawn_) > 0.1) draw();
}

void ConsoleProgress::draw() {
  drawn_ = std::chrono::steady_clock::now();
  const double spent = seconds_since(begin_), rate = static_cast<double>(done_) / spent;
  const double left = rate > 0 ? static_cast<double>(total_ - done_) / rate : 0;
  std::string line = fmt::format("{:<20} {}/{}  {:.{}f}/s  {} left  {}", step_, done_, total_, rate, rate < 10 ? 1 : 0, format_seconds(left), unit_);
  if (line.size() > kColumns) line.resize(kColumns);
  std::fprintf(stderr, "\r\033[K%s", line.c_str());
  visible_ = true;
}

void ConsoleProgress::finish() {
  if (visible_) std::fprintf(stderr, "\r\033[K");
  visible_ = false;
}

Job make_job(const Common& common, Progress* progress) {
  return {common.threads, common.quiet ? nullptr : progress, install_interrupt()};
}

ProcessFigures process_figures() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return {seconds_since(process_start), static_cast<std::uint64_t>(usage.ru_maxrss) * 1024};
}

void print(const Common& common, const std::string& text) {
  if (common.quiet || common.json == "-") return;
  std::fwrite(text.data(), 1, text.size(), stdout);
}

void warn(const std::string& text) {
  std::fflush(stdout);  // where both go into one pipe, a table ends before
  std::fputs(wrapped("warning: ", text).c_str(), stderr);
}

void write_json(const Common& common, const std::string& json) {
  if (!common.json) return;
  if (*common.json == "-") std::fwrite(json.data(), 1, json.size(), stdout);
  else write_file_atomically(*common.json, json);
}

Graph read_model(const std::string& path) {
  Graph graph = read_onnx(path);
  check_supported(graph, path);
  absorb_qdq(graph);
  return graph;
}

Target simulated_target(const Graph& graph, const std::string& wish, const Common& common) {
  std::vector<std::string> warnings;
  Target target = target_of(graph, wish, warnings);
  if (!common.quiet) {
    for (const std::string& warning : warnings) warn(warning);
  }
  return target;
}

}  // namespace halftone::cli
