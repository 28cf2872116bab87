// Wrong arguments: exit status 2, one line, a hint.
#include "cli/command.h"
#include "cli/models.h"

namespace halftone::test {
namespace {

class Usage : public CommandTest {
 protected:
  void SetUp() override {
    write_net(path("net.onnx"));
    write_inputs(path("x.npy"), 3);
    write_pictures(path("pictures.npy"), 3);
  }

  // A wrong flag behind an otherwise good command.
  void expect_wrong(const std::string& command, std::vector<std::string> flags, const std::vector<std::string>& parts) const {
    flags.insert(flags.begin(), {command, "net.onnx", "--data", "pictures.npy"});
    if (command == "run") flags.insert(flags.end(), {"-o", "outputs"});
    expect_usage_error(flags, parts);
  }
};

TEST_F(Usage, NamesWhatIsMissing) {
  expect_usage_error({}, {"subcommand", "inspect", "evaluate", "run", "quantize", "halftone --help"});
  expect_usage_error({"inspect"}, {"MODEL", "halftone inspect --help"});
  expect_usage_error({"evaluate", "net.onnx"}, {"--data", "halftone evaluate --help"});
  expect_usage_error({"run", "net.onnx", "--data", "x.npy"}, {"--output"});
  expect_usage_error({"quantize", "net.onnx"}, {"--data", "--dry-run"});
  expect_usage_error({"quantize", "net.onnx", "--data", "x.npy", "-o"}, {"--output", "value"});
  expect_usage_error({"inspect", "net.onnx", "--json"}, {"--json", "value"});
  expect_usage_error({"inspect", "net.onnx", "--config"}, {"--config", "file"});
}

TEST_F(Usage, OffersTheNearestName) {
  expect_usage_error({"evalute", "net.onnx"}, {"'evalute'", "'evaluate'"});
  expect_usage_error({"xyzzy"}, {"'xyzzy'", "inspect", "quantize"});
  expect_usage_error({"evaluate", "net.onnx", "--data", "x.npy", "--sampels", "3"}, {"'--sampels'", "'--samples'"});
  expect_usage_error({"evaluate", "net.onnx", "--dta", "x.npy"}, {"'--dta'", "'--data'"});
  expect_usage_error({"quantize", "net.onnx", "--data", "x.npy", "--wieghts=int8"}, {"'--wieghts'", "'--weights'"});
  expect_usage_error({"inspect", "net.onnx", "second.onnx"}, {"'second.onnx'", "MODEL"});
  expect_wrong("quantize", {"--percentile", "99"}, {"--activation-range percentile"});
  expect_wrong("quantize", {"--passes", "fold-batch-nrm"}, {"'fold-batch-nrm'", "'fold_batch_norm'"});
  expect_wrong("quantize", {"--disable-pass", "xyzzyx"}, {"'xyzzyx'", "fold_constants", "activation_ranges"});
  expect_wrong("quantize", {"--exclude", "cnv1"}, {"--exclude", "'cnv1'", "'conv1'"});
  expect_wrong("quantize", {"--exclude", "blk*/xyzzyx"}, {"'blk*/xyzzyx'", "6 nodes", "'conv1'"});
  expect_wrong("run", {"--values", "relu_out"}, {"--values", "'relu_out'", "'relu1_out'"});
  expect_wrong("quantize", {"--target", "onnxruntim"}, {"'onnxruntim'", "'onnxruntime'", "'generic'"});
  expect_wrong("evaluate", {"--color", "rbg"}, {"--color", "'rbg'", "'rgb'"});
}

TEST_F(Usage, RefusesValuesThatMakeNoSense) {
  expect_wrong("evaluate", {"--size", "big"}, {"--size", "'big'", "360x480"});
  expect_wrong("evaluate", {"--size", "8x"}, {"--size", "'8x'"});
  expect_wrong("evaluate", {"--size", "0"}, {"--size", "'0'"});
  expect_wrong("evaluate", {"--size", "8x8x8"}, {"--size"});
  expect_wrong("evaluate", {"--mean", "1,x"}, {"--mean", "'1,x'"});
  expect_wrong("evaluate", {"--mean", "1,2"}, {"--mean", "2"});
  expect_wrong("evaluate", {"--mean", "1,2,"}, {"--mean", "'1,2,'"});
  expect_wrong("evaluate", {"--std", "0"}, {"--std", "0"});
  expect_wrong("evaluate", {"--std", "nan"}, {"--std", "nan"});
  expect_wrong("evaluate", {"--samples", "0"}, {"--samples", "'0'"});
  expect_wrong("evaluate", {"--samples", "many"}, {"--samples", "'many'", "whole number"});
  expect_wrong("evaluate", {"--samples", "2.5"}, {"--samples", "'2.5'"});
  expect_wrong("evaluate", {"--samples", "--skip", "3"}, {"--samples needs a value", "'--skip'"});
  expect_wrong("quantize", {"--target", "-o", "y.onnx"}, {"--target needs a value", "'-o'"});
  expect_wrong("evaluate", {"--skip", "-1"}, {"--skip", "-1"});
  expect_wrong("evaluate", {"--threads", "0"}, {"--threads", "'0'", "1"});
  expect_wrong("evaluate", {"--threads", "two"}, {"--threads", "'two'"});
  expect_wrong("evaluate", {"--seed", "-1"}, {"--seed", "'-1'"});
  expect_wrong("evaluate", {"--crop-fraction", "1.5"}, {"--crop-fraction", "1.5"});
  expect_wrong("evaluate", {"--crop-fraction", "half"}, {"--crop-fraction", "'half'"});
  expect_wrong("evaluate", {"--interpolation", "lanczos"}, {"--interpolation", "'lanczos'", "bicubic"});
  expect_wrong("evaluate", {"--ignore-label", "void"}, {"--ignore-label", "'void'"});
  expect_wrong("quantize", {"--percentile", "10"}, {"--percentile", "'10'", "50", "100"});
  expect_wrong("quantize", {"--bins", "0"}, {"bins", "0", "128"});
  expect_wrong("quantize", {"--max-memory", "plenty"}, {"--max-memory", "'plenty'", "512M"});
  expect_wrong("quantize", {"--granularity", "group"}, {"--granularity", "'group'", "'channel'", "'tensor'"});
  expect_wrong("quantize", {"--symmetric", "yes"}, {"--symmetric", "'yes'", "'weights'"});
  expect_wrong("quantize", {"--activation-range", "msee"}, {"--activation-range", "'msee'", "'mse'"});
  expect_wrong("quantize", {"--weight-range", "kl"}, {"--weight-range", "'kl'", "'minmax'"});
}

TEST_F(Usage, SaysWhatIsNotSupportedYet) {
  expect_wrong("evaluate", {"--as", "integer"}, {"--as integer", "not supported yet", "simulated"});
  expect_wrong("run", {"--as", "integer"}, {"--as integer", "not supported yet"});
  expect_wrong("quantize", {"--symmetric", "none"}, {"--symmetric", "onnxruntime", "symmetric weights"});
}

TEST_F(Usage, RefusesBitsThatThereAreNot) {
  expect_wrong("quantize", {"--weights", "uint8"}, {"--weights uint8", "signed", "'int8'"});
  expect_wrong("quantize", {"--weights", "int08"}, {"--weights int08", "'int8'"});
  expect_wrong("quantize", {"--activations", "uint08"}, {"--activations uint08", "'uint16'"});
  expect_wrong("quantize", {"--weights", "eight"}, {"--weights eight", "'int8'"});
  for (const char* bits : {"1", "9", "12", "15", "17"}) {
    expect_wrong("quantize", {"--weights", std::string("int") + bits}, {std::string("--weights int") + bits, "2 to 8 bits, or 16"});
  }
  for (const char* type : {"uint3", "int2", "uint17", "int32"}) {
    expect_wrong("quantize", {"--activations", type}, {std::string("--activations ") + type, "4 to 16 bits"});
  }
  expect_wrong("quantize", {"--activations", "float16"}, {"--activations float16", "'uint4' to 'uint16'"});
  expect_wrong("quantize", {"--bits", "conv1=w9a8"}, {"--bits 'conv1=w9a8'", "2 to 8 bits, or 16", "9"});
  expect_wrong("quantize", {"--bits", "conv1=a3"}, {"--bits 'conv1=a3'", "4 to 16 bits", "3"});
  expect_wrong("quantize", {"--first-last", "w8a20"}, {"--first-last w8a20", "4 to 16 bits"});
  folder_.write("bytes.toml", R"(name = "bytes"
weights = {types = ["int8"], granularity = ["channel"], symmetric = true}
activations = {types = ["uint8"]}
operators = {layers = ["Conv", "Gemm"], own_grid = [], same_grid = [], activations = ["Relu"]}
fusion = {fused_after = ["Conv"]}
requantization = {multiplier = "float32", rounding = "half_even"}
)");
  expect_wrong("quantize", {"--target", "bytes.toml", "--weights", "int16"}, {"--weights int16", "bytes", "'int8'", "16 bits"});
  expect_wrong("quantize", {"--target", "bytes.toml", "--activations", "uint9"}, {"--activations uint9", "bytes", "'uint8'", "9 bits"});
  expect_wrong("quantize", {"--target", "bytes.toml", "--activations", "int8"}, {"--activations int8", "bytes", "'uint8'", "with a sign"});
  expect_wrong("quantize", {"--target", "bytes.toml", "--bits", "fc=w8a16"}, {"--bits 'fc=w8a16'", "bytes", "16 bits"});
}

TEST_F(Usage, RefusesBlocksThatNothingHas) {
  expect_wrong("quantize", {"--block-size", "1"}, {"--block-size", "1"});
  expect_wrong("quantize", {"--block-size", "1000"}, {"--block-size 1000", "inputs, no more than a block"});
  expect_wrong("quantize", {"--block-size", "4", "--encodings", "e.json"}, {"--block-size and --encodings"});
}

TEST_F(Usage, RefusesBitsForNodesThatThereAreNotAndContradictions) {
  expect_wrong("quantize", {"--bits", "conv1"}, {"--bits 'conv1'", "'conv1=w4a8'"});
  expect_wrong("quantize", {"--bits", "conv1=8"}, {"--bits 'conv1=8'", "'8'", "w4a8"});
  expect_wrong("quantize", {"--bits", "conv1=a8w4"}, {"'a8w4'", "w4a8"});
  expect_wrong("quantize", {"--first-last", "8"}, {"--first-last", "'8'", "w4a8"});
  expect_wrong("quantize", {"--bits", "cnv1=w4a8"}, {"--bits 'cnv1=w4a8'", "no node", "'conv1'"});
  expect_wrong("quantize", {"--bits", "block*=w4"}, {"--bits 'block*=w4'", "no node", "'conv1'", "'fc'"});
  expect_wrong("quantize", {"--bits", "relu1=w4"}, {"--bits 'relu1=w4'", "no node with a weight", "'conv1'"});
  expect_wrong("quantize", {"--bits", "conv*=w4a8", "--bits", "*2=w8"}, {"--bits 'conv*=w4a8'", "--bits '*2=w8'", "'conv2'"});
  folder_.write("bits.toml", "bits = [\"conv*=w4\", \"conv1=w8\"]\n");
  expect_wrong("quantize", {"--config", "bits.toml"}, {"'conv*=w4'", "'conv1=w8'", "'conv1'"});
}

TEST_F(Usage, RefusesBitsThatNothingTakes) {
  expect_wrong("quantize", {"--exclude", "conv1", "--bits", "conv1=w4"}, {"--bits 'conv1=w4'", "'conv1'", "--exclude leaves in float", "leave one out"});
  expect_wrong("quantize", {"--exclude", "*", "--bits", "conv*=w4"}, {"--bits 'conv*=w4'", "--exclude leaves in float"});
  expect_wrong("quantize", {"--bits", "pool=w4a8"}, {"--bits 'pool=w4a8'", "'pool' has no weight", "give 'pool=a8'"});
  expect_wrong("quantize", {"--bits", "pool=w4"}, {"--bits 'pool=w4'", "'pool' has no weight", "'pool=a8'", "of its data"});
  const Outcome outcome = halftone({"quantize", "net.onnx", "--dry-run", "--exclude", "conv1", "--bits", "conv*=w4", "--bits", "*oo*=a8"});
  EXPECT_EQ(outcome.status, 0) << outcome;
}

TEST_F(Usage, WhatIsReadIsNeverWrittenOver) {
  folder_.write("l.csv", "file,class\n");
  folder_.write("c.toml", "samples = 1\n");
  const std::string model = read_text(path("net.onnx"));
  expect_usage_error({"inspect", "net.onnx", "--json", "net.onnx"}, {"--json net.onnx", "MODEL"});
  expect_usage_error({"evaluate", "net.onnx", "--data", "x.npy", "--json", "./x.npy"}, {"--json", "--data"});
  expect_usage_error({"evaluate", "net.onnx", "--data", "x.npy", "--labels", "l.csv", "--json", "l.csv"}, {"--labels"});
  expect_usage_error({"evaluate", "net.onnx", "--data", "x.npy", "--config", "c.toml", "--json", "c.toml"}, {"--config"});
  expect_usage_error({"quantize", "net.onnx", "--data", "x.npy", "-o", "x.npy"}, {"--output x.npy", "--data"});
  expect_usage_error({"quantize", "net.onnx", "--data", "x.npy", "-o", "q.onnx", "--json", "q.onnx"}, {"--output", "--json", "one file"});
  std::filesystem::create_directory(path("feeds"));
  std::filesystem::copy(path("x.npy"), path("feeds/x.npy"));
  expect_usage_error({"run", "net.onnx", "--data", "feeds", "-o", "feeds/"}, {"--output", "--data"});
  expect_usage_error({"quantize", "net.onnx", "--data", "feeds", "-o", "feeds/x.npy"}, {"--output", "one of the files of --data"});
  EXPECT_EQ(read_text(path("net.onnx")), model);
}

TEST_F(Usage, EmptyArgumentsAreRefused) {
  expect_usage_error({"quantize", "net.onnx", "--data", "x.npy", "--mean", ""}, {"empty argument", "--mean"});
  expect_usage_error({"quantize", "net.onnx", "--data=", "-o", "q.onnx"}, {"--data", "no value"});
  folder_.write("c.toml", "target = ''\n");
  expect_usage_error({"quantize", "net.onnx", "--data", "x.npy", "--config", "c.toml"}, {"c.toml", "'target'", "empty"});
}

TEST_F(Usage, PassesThatLeaveGridsWithoutScalesAreRefused) {
  expect_wrong("quantize", {"--disable-pass", "weight-ranges"}, {"weight_ranges", "place_quantizers"});
  expect_wrong("quantize", {"--disable-pass", "activation_ranges"}, {"activation_ranges", "place_quantizers"});
  expect_wrong("quantize", {"--passes", "fold_constants,place_quantizers"}, {"weight_ranges", "place_quantizers"});
}

TEST_F(Usage, ARepeatedFlagTakesOneValueSoThatModelMayFollow) {
  const Outcome outcome = halftone({"quantize", "--data", "x.npy", "--exclude", "conv1", "net.onnx", "-o", "out.onnx", "--threads", "1"});
  EXPECT_EQ(outcome.status, 0) << outcome;
  expect_usage_error({"quantize", "--data", "x.npy", "--exclude", "conv1", "net.onnx", "conv2"}, {"'conv2'"});
}

TEST_F(Usage, HelpFitsEightyColumnsAndNamesEveryPass) {
  for (const char* command : {"", "inspect", "evaluate", "run", "quantize"}) {
    std::vector<std::string> arguments = {"--help"};
    if (*command != '\0') arguments.insert(arguments.begin(), command);
    const Outcome outcome = halftone(arguments);
    EXPECT_EQ(outcome.status, 0);
    EXPECT_EQ(outcome.err, "");
    std::istringstream lines(outcome.out);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << command << ": " << line;
  }
  EXPECT_THAT(halftone({"quantize", "--help"}).out, ::testing::AllOf(::testing::HasSubstr("fold_batch_norm"), ::testing::HasSubstr("activation_ranges")));
  EXPECT_THAT(halftone({"--version"}).out, ::testing::StartsWith("halftone "));
}

}  // namespace
}  // namespace halftone::test
