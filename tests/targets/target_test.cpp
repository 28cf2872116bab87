#include "targets/target.h"

#include "base/error.h"
#include "support/temporary_folder.h"

using namespace halftone;

TEST(Targets, AllCompiledInOnesCanBeRead) {
  for (const std::string& name : target_names()) EXPECT_EQ(load_target(name).name, name);
  EXPECT_THAT(target_names(), testing::Contains("onnxruntime"));
}

TEST(Targets, AFileOfTheUsersIsReadAndItsFaultsAreNamed) {
  const test::TemporaryFolder folder;
  const std::string good = R"(name = "mine"
[weights]
types = ["int8"]
granularity = ["channel"]
symmetric = true
[activations]
types = ["uint8"]
[operators]
layers = ["Conv"]
own_grid = []
same_grid = []
activations = ["Relu"]
[fusion]
fused_after = ["Conv"]
[requantization]
multiplier = "float32"
rounding = "half_even"
)";
  const auto load = [&](std::string text, const std::string& from, const std::string& to) {
    if (!from.empty()) text.replace(text.find(from), from.size(), to);
    return test::message_of([&] { load_target(folder.write("t.toml", text).string()); });
  };
  EXPECT_EQ(load_target(folder.write("t.toml", good).string()).name, "mine");
  EXPECT_THAT(load(good, "own_grid", "own_grids"), testing::HasSubstr("'operators.own_grid' is missing"));
  EXPECT_THAT(load(good, "[\"uint8\"]", "[\"uint9\"]"), testing::HasSubstr("holds 'uint9'"));
  EXPECT_THAT(load(good, "half_even", "half_up"), testing::HasSubstr("must be 'half_even'"));
  EXPECT_THAT(load(good, "symmetric = true", "symmetric = true\nsymetric = true"), testing::HasSubstr("did you mean 'weights.symmetric'"));
  EXPECT_THAT(load(good, "name = \"mine\"", "name = "), testing::HasSubstr("line 1"));
}

TEST(Targets, AnUnknownNameGetsTheListOfThoseThereAre) {
  EXPECT_THAT(test::message_of<UsageError>([] { load_target("toaster"); }), testing::HasSubstr("'generic' or 'onnxruntime'"));
}
