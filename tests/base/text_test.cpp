#include "base/text.h"

#include "base/error.h"

using namespace halftone;

TEST(Glob, MatchesTheWholeNameWithStarsQuestionMarksAndSets) {
  struct Case { const char *pattern, *name; bool matches; };
  for (const Case& c : std::vector<Case>{{"*", "", true}, {"", "", true}, {"", "a", false}, {"enc*/MatMul*", "encoder/0/MatMul_1", true},
                                         {"enc*/MatMul*", "decoder/MatMul", false}, {"conv?", "conv1", true}, {"conv?", "conv12", false},
                                         {"[ab]c", "ac", true}, {"[!ab]c", "ac", false}, {"[a-c]x", "bx", true}, {"*a*b*c", "xaybzc", true},
                                         {"*aab", "aaab", true}, {"[", "[", true}, {"/fc/Gemm", "/fc/Gemm", true}}) {
    EXPECT_EQ(glob_matches(c.pattern, c.name), c.matches) << c.pattern << " on " << c.name;
  }
}

TEST(NearestNames, AreOfferedNearestFirstAndFarOnesNotAtAll) {
  const std::vector<std::string> names = {"fold_constants", "fold_batch_norm", "weight_ranges"};
  EXPECT_EQ(nearest_names("fold_constant", names).front(), "fold_constants");
  EXPECT_EQ(nearest_names("weight_range", names).front(), "weight_ranges");
  EXPECT_TRUE(nearest_names("zzzzzzzzzzzzzzzz", names).empty());
  EXPECT_EQ(did_you_mean("weight_range", {"weight_ranges"}), "; did you mean 'weight_ranges'?");
}

TEST(Bytes, AreReadAsPeopleWriteThem) {
  EXPECT_EQ(parse_bytes("4096"), 4096u);
  EXPECT_EQ(parse_bytes("512M"), 512000000u);
  EXPECT_EQ(parse_bytes("512 mb"), 512000000u);
  EXPECT_EQ(parse_bytes("1.5GiB"), 1610612736u);
  for (const char* wrong : {"", "M", "12 parsecs", "-3"}) EXPECT_THROW(parse_bytes(wrong), UsageError) << wrong;
}

TEST(Units, ArePrintedShortly) {
  EXPECT_EQ(format_bytes(999), "999 B");
  EXPECT_EQ(format_bytes(18600000), "18.6 MB");
  EXPECT_EQ(format_seconds(0.0008), "0.8 ms");
  EXPECT_EQ(format_seconds(125), "2 min 05 s");
}

TEST(Counted, SaysOneAndMany) {
  EXPECT_EQ(counted(1, "layer"), "1 layer");
  EXPECT_EQ(counted(0, "layer"), "0 layers");
  EXPECT_EQ(counted(2, "bias"), "2 biases");
  EXPECT_EQ(counted(1, "bias"), "1 bias");
  EXPECT_EQ(counted(1, "channel holds", "channels hold"), "1 channel holds");
  EXPECT_EQ(counted(3, "channel holds", "channels hold"), "3 channels hold");
}
