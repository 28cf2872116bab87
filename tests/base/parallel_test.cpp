#include "base/parallel.h"

#include <vector>

#include "base/error.h"
#include "base/random.h"

using namespace halftone;

TEST(ParallelFor, VisitsEachItemOnceWithAnyNumberOfThreads) {
  for (int threads : {1, 2, 7}) {
    std::vector<int> visits(1000, 0);
    parallel_for(1000, threads, [&](std::int64_t i) { ++visits[static_cast<std::size_t>(i)]; });
    EXPECT_THAT(visits, testing::Each(1)) << threads;
  }
}

TEST(ParallelFor, RethrowsTheFailureOfTheLowestItem) {
  for (int threads : {1, 4}) {
    try {
      parallel_for(100, threads, [&](std::int64_t i) {
        if (i >= 3) throw Error("item {}", i);
      });
      FAIL();
    } catch (const Error& error) {
      EXPECT_STREQ(error.what(), "item 3") << threads;
    }
  }
}

TEST(ParallelBlocks, CoverTheRangeWithoutOverlap) {
  std::vector<int> visits(1003, 0);
  parallel_blocks(1003, 64, 3, [&](std::int64_t first, std::int64_t end) {
    for (std::int64_t i = first; i < end; ++i) ++visits[static_cast<std::size_t>(i)];
  });
  EXPECT_THAT(visits, testing::Each(1));
}

TEST(Random, IsAFunctionOfSeedPurposeAndIndex) {
  const Random a(1, "weights"), same(1, "weights"), other_seed(2, "weights"), other_purpose(1, "data");
  EXPECT_EQ(a.bits(5), same.bits(5));
  EXPECT_NE(a.bits(5), other_seed.bits(5));
  EXPECT_NE(a.bits(5), other_purpose.bits(5));
}

TEST(Random, HasTheMomentsOfItsDistribution) {
  const Random random(3, "moments");
  double uniform = 0, normal = 0, squares = 0;
  constexpr int kDraws = 100000;
  for (int i = 0; i < kDraws; ++i) {
    uniform += random.uniform(static_cast<std::uint64_t>(i)) / kDraws;
    const double x = random.normal(static_cast<std::uint64_t>(i));
    normal += x / kDraws;
    squares += x * x / kDraws;
  }
  EXPECT_NEAR(uniform, 0.5, 0.005);
  EXPECT_NEAR(normal, 0, 0.015);
  EXPECT_NEAR(squares, 1, 0.02);
}
