#include "kernels/code_moves.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "support/normals.h"

using namespace halftone;
using namespace halftone::test;

TEST(BestMove, IsTheFirstOfThoseWithTheLargestGain) {
  for (std::int64_t columns : {1, 7, 16, 50, 321}) {
    const auto noise = normals(columns, 1), gradient = normals(columns, 2);
    std::vector<float> codes, cost, steps;
    for (float x : noise) {
      codes.push_back(std::round(2 * x) < -2 ? -2 : std::round(2 * x) > 1 ? 1 : std::round(2 * x));
      cost.push_back(std::fabs(x));
      steps.push_back(0.5f + std::fabs(x));
    }
    CodeMove expected;
    for (std::size_t i = 0; i < codes.size(); ++i) {
      const float gain = 2 * std::fabs(steps[i] * gradient[i]) - cost[i];
      if (can_move(codes[i], gradient[i], {-2, 1}) && gain > expected.gain) expected = {static_cast<std::int64_t>(i), gain};
    }
    const CodeMove found = best_move(codes.data(), steps.data(), gradient.data(), cost.data(), {-2, 1}, columns);
    EXPECT_EQ(found.gain, expected.gain);
    EXPECT_TRUE(expected.gain == 0 || found.column == expected.column);
  }
}

TEST(BestMove, HasNoGainWhereNothingHelps) {
  const std::vector<float> codes(40, 1), steps(40, 1), up(40, -1), cost(40, 0.5f), dear(40, std::numeric_limits<float>::infinity());
  EXPECT_EQ(best_move(codes.data(), steps.data(), up.data(), cost.data(), {-2, 1}, 40).gain, 0);  // at the end of the range
  EXPECT_EQ(best_move(codes.data(), steps.data(), up.data(), dear.data(), {-2, 7}, 40).gain, 0);
  EXPECT_EQ(best_move(codes.data(), steps.data(), up.data(), cost.data(), {-2, 7}, 40).gain, 1.5f);
}
