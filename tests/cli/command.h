// Runs the real binary as a user does, in a folder of the test's own, and keeps what it said and how it ended.
#pragma once

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "support/temporary_folder.h"

namespace halftone::test {

struct Outcome {
  int status = -1;   // exit status; 128 + signal when killed, as a shell says
  std::string out, err;
  double seconds = 0;
};

inline std::ostream& operator<<(std::ostream& stream, const Outcome& outcome) {
  return stream << "status " << outcome.status << "\nstdout: " << outcome.out << "\nstderr: " << outcome.err;
}

struct Circumstances {
  std::optional<std::uint64_t> largest_file;   // RLIMIT_FSIZE: the disk is full after so many bytes
  std::optional<double> interrupt_after;       // seconds until SIGINT
};

class CommandTest : public ::testing::Test {
 protected:
  // halftone ARGUMENTS, in the folder.
  Outcome halftone(const std::vector<std::string>& arguments, const Circumstances& how = {}) const {
    const std::string out = folder_ / ".stdout", err = folder_ / ".stderr";
    const auto start = std::chrono::steady_clock::now();
    const pid_t child = ::fork();
    if (child == 0) become(arguments, out, err, how);
    if (how.interrupt_after) {
      std::this_thread::sleep_for(std::chrono::duration<double>(*how.interrupt_after));
      ::kill(child, SIGINT);
    }
    const auto interrupted = std::chrono::steady_clock::now();
    int state = 0;
    ::waitpid(child, &state, 0);
    Outcome outcome{.status = WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state), .out = read_text(out), .err = read_text(err)};
    outcome.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - (how.interrupt_after ? interrupted : start)).count();
    std::filesystem::remove(out);
    std::filesystem::remove(err);
    return outcome;
  }

  std::string path(const std::string& name) const { return folder_ / name; }

  // Names of all files and folders below the folder, so that nothing is left goes unseen.
  std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path())) {
      names.insert(std::filesystem::relative(entry.path(), folder_.path()).string());
    }
    return names;
  }

  // One line on stderr that begins with "halftone: " and holds all `parts`; nothing on stdout; the files as before.
  void expect_refused(int status, const std::vector<std::string>& arguments, const std::vector<std::string>& parts,
                      const Circumstances& how = {}) const {
    const std::set<std::string> before = files();
    const Outcome outcome = halftone(arguments, how);
    std::string line;
    for (const std::string& argument : arguments) line += argument + " ";
    SCOPED_TRACE(line);
    ASSERT_EQ(outcome.status, status) << outcome;
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.err, ::testing::StartsWith("halftone: "));
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    for (const std::string& part : parts) EXPECT_THAT(outcome.err, ::testing::HasSubstr(part));
    EXPECT_EQ(files(), before);
  }
  void expect_failure(const std::vector<std::string>& arguments, const std::vector<std::string>& parts) const {
    expect_refused(1, arguments, parts);
  }
  void expect_usage_error(const std::vector<std::string>& arguments, const std::vector<std::string>& parts) const {
    expect_refused(2, arguments, parts);
  }

  TemporaryFolder folder_;

 private:
  [[noreturn]] void become(const std::vector<std::string>& arguments, const std::string& out, const std::string& err,
                           const Circumstances& how) const {
    std::vector<char*> argv = {const_cast<char*>("halftone")};
    for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    ::dup2(::open("/dev/null", O_RDONLY), 0);
    ::dup2(::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644), 1);
    ::dup2(::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644), 2);
    if (how.largest_file) {
      const rlimit limit{*how.largest_file, *how.largest_file};
      ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    if (::chdir(folder_.path().c_str()) == 0) ::execv(HALFTONE_COMMAND, argv.data());
    ::_exit(127);
  }
};

}  // namespace halftone::test
