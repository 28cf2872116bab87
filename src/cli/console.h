// What the command line prints: progress on stderr, results on stdout; and how it ends.
#pragma once

#include <chrono>
#include <string>

#include "base/job.h"
#include "cli/command_line.h"
#include "report/json.h"

namespace halftone::cli {

// One line on a terminal, redrawn: step, done of total, rate, time left. Without a terminal: nothing.
class ConsoleProgress : public Progress {
 public:
  void start(std::string_view step, std::int64_t total) override;
  void at(std::string_view unit) override;
  void advance(std::int64_t units) override;
  void finish() override;

 private:
  void draw();
  void draw_if_due();

  std::string step_, unit_;
  std::int64_t total_ = 0, done_ = 0;
  std::chrono::steady_clock::time_point begin_, drawn_;
  bool visible_ = false;
};

inline constexpr int kInterrupted = 130;  // exit status

// Ctrl-C, SIGTERM and SIGHUP set it; a second one ends the process at once.
const std::atomic<bool>* install_interrupt();

Job make_job(const Common& common, Progress* progress);
ProcessFigures process_figures();  // since the process began

void print(const Common& common, const std::string& text);          // on stdout unless --quiet or --json -
void warn(const std::string& text);                                 // on stderr
void write_json(const Common& common, const std::string& json);     // where --json says

// Reads a model, refuses unknown operators, and turns Q/DQ pairs into encodings.
Graph read_model(const std::string& path);

// target_of, its warnings printed.
Target simulated_target(const Graph& graph, const std::string& wish, const Common& common);

}  // namespace halftone::cli
