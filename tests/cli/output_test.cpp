// What is written, and that nothing is left when it cannot be: missing folders, a full disk, Ctrl-C.
#include <sys/stat.h>

#include "cli/command.h"
#include "cli/models.h"

namespace halftone::test {
namespace {

class Output : public CommandTest {
 protected:
  void SetUp() override {
    write_net(path("net.onnx"));
    write_inputs(path("x.npy"), 3);
  }

  // Enough work that a signal comes in the middle of it.
  void write_long_work() const {
    write_net(path("long.onnx"), {.side = 96, .width = 32});
    write_pictures(path("many.npy"), 20000);
  }
};

TEST_F(Output, AnUnwritablePlaceIsRefusedBeforeTheWork) {
  std::filesystem::create_directory(path("folder"));
  const std::vector<std::string> quantize = {"quantize", "net.onnx", "--data", "x.npy", "-o"};
  const auto to = [&](const std::string& name) {
    std::vector<std::string> arguments = quantize;
    arguments.push_back(name);
    return arguments;
  };
  expect_failure(to("nowhere/out.onnx"), {"nowhere/out.onnx", "cannot be written", "folder nowhere does not exist"});
  expect_failure(to("folder"), {"folder", "is a directory", "give a file name"});
  expect_failure(to("net.onnx/out.onnx"), {"net.onnx/out.onnx", "not a folder"});
  folder_.write("other.onnx", "a file");
  expect_failure({"run", "net.onnx", "--data", "x.npy", "-o", "other.onnx"}, {"other.onnx", "folder"});
  for (const char* command : {"evaluate", "quantize"}) {
    expect_failure({command, "net.onnx", "--data", "x.npy", "--json", "nowhere/result.json"}, {"nowhere/result.json", "cannot be written"});
  }
  expect_failure(to("/proc/out.onnx"), {"halftone: /proc/out.onnx: cannot be written: "});  // even for root
  expect_failure({"quantize", "net.onnx", "--data", "x.npy", "--encodings", "/proc/grids.json"}, {"halftone: /proc/grids.json: cannot be written: "});
  for (const char* command : {"evaluate", "quantize"}) {
    expect_failure({command, "net.onnx", "--data", "x.npy", "--json", "/proc/result.json"}, {"halftone: /proc/result.json: cannot be written: "});
  }
  expect_failure({"inspect", "net.onnx", "--json", "folder"}, {"folder", "is a directory"});
  expect_failure({"run", "net.onnx", "--data", "x.npy", "-o", "outputs", "--json", "nowhere/result.json"}, {"nowhere/result.json"});
}

TEST_F(Output, NeverReplacesTheModelItself) {
  std::filesystem::create_symlink("net.onnx", path("link.onnx"));
  const std::string before = read_text(path("net.onnx"));
  for (const char* output : {"net.onnx", "./net.onnx", "link.onnx"}) {
    expect_usage_error({"quantize", "net.onnx", "--data", "x.npy", "-o", output}, {output, "is also MODEL"});
  }
  EXPECT_EQ(read_text(path("net.onnx")), before);
}

TEST_F(Output, NeverReplacesADevice) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0644), 0);
  expect_failure({"quantize", "net.onnx", "--data", "x.npy", "-o", "pipe"}, {"pipe", "is no regular file"});
  std::filesystem::create_symlink("/dev/null", path("null"));
  const Outcome outcome = halftone({"evaluate", "net.onnx", "--data", "x.npy", "--json", "null", "--quiet"});
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_TRUE(std::filesystem::is_symlink(path("null")));
}

TEST_F(Output, AFullDiskLeavesNothing) {
  const std::vector<std::string> parts = {"halftone: out.onnx: ", "File too large", "nothing was left behind"};
  expect_refused(1, {"quantize", "net.onnx", "--data", "x.npy", "-o", "out.onnx"}, parts, {.largest_file = 700});
  folder_.write("out.onnx", "what stood here before");
  expect_refused(1, {"quantize", "net.onnx", "--data", "x.npy", "-o", "out.onnx"}, parts, {.largest_file = 700});
  EXPECT_EQ(read_text(path("out.onnx")), "what stood here before");
  expect_refused(1, {"inspect", "net.onnx", "--json", "out.json", "--quiet"}, {"out.json", "File too large"}, {.largest_file = 200});
  const Outcome outcome = halftone({"run", "net.onnx", "--data", "x.npy", "-o", "outputs"}, {.largest_file = 150});
  EXPECT_EQ(outcome.status, 1) << outcome;
  EXPECT_THAT(outcome.err, ::testing::HasSubstr("outputs/sample_000000.npz"));
  EXPECT_TRUE(std::filesystem::is_empty(path("outputs")));
}

TEST_F(Output, AFullStdoutIsAFailure) {
  const Outcome outcome = halftone({"inspect", "net.onnx"}, {.largest_file = 100});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, ::testing::HasSubstr("output could not be written"));
}

TEST_F(Output, CtrlCStopsQuantizeWithinASecondAndLeavesNothing) {
  write_long_work();
  folder_.write("out.onnx", "what stood here before");
  const std::set<std::string> before = files();
  const Outcome outcome = halftone({"quantize", "long.onnx", "--data", "many.npy", "-o", "out.onnx"}, {.interrupt_after = 0.5});
  EXPECT_EQ(outcome.status, 130) << outcome;
  EXPECT_LT(outcome.seconds, 3);  // one, on a machine that has nothing else to do
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err, "halftone: stopped; nothing was written\n");
  EXPECT_EQ(files(), before);
  EXPECT_EQ(read_text(path("out.onnx")), "what stood here before");
}

TEST_F(Output, CtrlCStopsEvaluateAndRun) {
  write_long_work();
  const Outcome evaluate = halftone({"evaluate", "long.onnx", "--data", "many.npy", "--json", "out.json"}, {.interrupt_after = 0.5});
  EXPECT_EQ(evaluate.status, 130) << evaluate;
  EXPECT_LT(evaluate.seconds, 3);
  EXPECT_EQ(evaluate.out, "");
  EXPECT_FALSE(std::filesystem::exists(path("out.json")));
  const Outcome run = halftone({"run", "long.onnx", "--data", "many.npy", "-o", "outputs"}, {.interrupt_after = 0.5});
  EXPECT_EQ(run.status, 130) << run;
  EXPECT_THAT(run.err, ::testing::HasSubstr("stopped; the files of the samples so far are complete"));
  for (const std::string& name : files()) EXPECT_THAT(name, ::testing::Not(::testing::HasSubstr(".part"))) << "half-written";
}

}  // namespace
}  // namespace halftone::test
