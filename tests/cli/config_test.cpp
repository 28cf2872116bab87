// --config FILE.toml: the flags' keys; flags win.
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/models.h"

namespace halftone::test {
namespace {

class Config : public CommandTest {
 protected:
  void SetUp() override {
    write_net(path("net.onnx"));
    write_inputs(path("x.npy"), 5);
    write_pictures(path("pictures.npy"), 3);
  }

  nlohmann::json result(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--json", "-", "--threads", "1"});
    const Outcome outcome = halftone(arguments);
    EXPECT_EQ(outcome.status, 0) << outcome;
    return nlohmann::json::parse(outcome.out, nullptr, false);
  }
};

TEST_F(Config, KeysAreFlagsWithHyphensOrUnderscores) {
  folder_.write("q.toml", "data = \"x.npy\"\nweight-range = \"minmax\"\nactivation_range = \"percentile\"\npercentile = 99.5\nsamples = 2\n"
                          "exclude = [\"conv1\", \"f*c\"]\nquiet = false\n");
  const auto json = result({"quantize", "net.onnx", "--config", "q.toml"});
  EXPECT_EQ(json["settings"]["weight_range"], "minmax");
  EXPECT_EQ(json["settings"]["activation_range"], "percentile");
  EXPECT_EQ(json["settings"]["percentile"], 99.5);
  EXPECT_EQ(json["settings"]["exclude"], nlohmann::json({"conv1", "f*c"}));
}

TEST_F(Config, FlagsWin) {
  folder_.write("e.toml", "data = \"nothing.npy\"\nsamples = 2\nas = \"float\"\n");
  const auto json = result({"evaluate", "net.onnx", "--samples", "4", "--config=e.toml", "--data", "x.npy"});
  EXPECT_EQ(json["samples"], 4);
  EXPECT_EQ(json["as"], "float");
}

TEST_F(Config, AListOfNumbersIsWhatTheFlagTakesWithCommas) {
  folder_.write("list.toml", "mean = [10.5, 20, 30]\nstd = [1, 2, 4]\n");
  folder_.write("text.toml", "mean = \"10.5,20,30\"\nstd = \"1,2,4\"\n");
  for (const char* name : {"list", "text"}) {
    const Outcome outcome = halftone({"run", "net.onnx", "--data", "pictures.npy", "-o", name, "--config", std::string(name) + ".toml"});
    EXPECT_EQ(outcome.status, 0) << outcome;
  }
  EXPECT_EQ(read_text(path("list/sample_000000.npz")), read_text(path("text/sample_000000.npz")));
  folder_.write("passes.toml", "passes = [\"fold_constants\", \"place-quantizers\", \"weight_ranges\", \"activation_ranges\"]\n");
  EXPECT_EQ(result({"quantize", "net.onnx", "--data", "x.npy", "--config", "passes.toml"})["passes"].size(), 4u);
}

TEST_F(Config, NamesTheFileAndTheKeyThatIsWrong) {
  folder_.write("unknown.toml", "sampels = 3\n");
  expect_usage_error({"evaluate", "net.onnx", "--data", "x.npy", "--config", "unknown.toml"}, {"unknown.toml", "'sampels'", "'samples'"});
  folder_.write("table.toml", "[evaluate]\nsamples = 3\n");
  expect_usage_error({"evaluate", "net.onnx", "--data", "x.npy", "--config", "table.toml"}, {"table.toml", "'evaluate'"});
  folder_.write("broken.toml", "samples = 3\nskip = = 3\n");
  expect_failure({"evaluate", "net.onnx", "--data", "x.npy", "--config", "broken.toml"}, {"broken.toml", "line 2"});
  expect_failure({"evaluate", "net.onnx", "--data", "x.npy", "--config", "none.toml"}, {"none.toml", "No such file"});
  expect_failure({"evaluate", "net.onnx", "--data", "x.npy", "--config", "."}, {".", "directory"});
}

}  // namespace
}  // namespace halftone::test
