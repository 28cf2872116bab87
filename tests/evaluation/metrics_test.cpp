#include "evaluation/metrics.h"

#include <cmath>

#include "evaluation/evaluate.h"
#include "support/net_builder.h"

using namespace halftone;

TEST(Comparison, HasTheClosedFormsOfKlAndSqnr) {
  Comparison comparison;
  comparison.add(Tensor::from<float>({1, 2}, {0, std::log(3.0f)}), Tensor::from<float>({1, 2}, {0, 0}));
  EXPECT_NEAR(comparison.kl(), 0.25 * std::log(0.25 / 0.5) + 0.75 * std::log(0.75 / 0.5), 1e-7);
  EXPECT_NEAR(*comparison.sqnr_db(), 0, 1e-6);  // the error is the signal
  EXPECT_EQ(comparison.same_top1(), 0);         // equal scores: the first class wins
  comparison.add(Tensor::from<float>({1, 2}, {5, 1}), Tensor::from<float>({1, 2}, {5, 1}));
  EXPECT_EQ(comparison.same_top1(), 50);
}

TEST(Comparison, OfEqualOutputsHasNoSqnr) {
  Comparison comparison;
  comparison.add(Tensor::from<float>({1, 3}, {1, 2, 3}), Tensor::from<float>({1, 3}, {1, 2, 3}));
  EXPECT_EQ(comparison.kl(), 0);
  EXPECT_EQ(comparison.sqnr_db(), std::nullopt);
}

TEST(Comparison, DoesNotDependOnTheBatches) {
  const Tensor f = test::random_tensor({6, 10}, 1), q = test::random_tensor({6, 10}, 2);
  Comparison whole, parts;
  whole.add(f, q);
  for (int i = 0; i < 3; ++i) {
    const auto part = [&](const Tensor& t) {
      const auto v = t.values<float>().subspan(static_cast<std::size_t>(20 * i), 20);
      return Tensor::from<float>({2, 10}, {v.begin(), v.end()});
    };
    parts.add(part(f), part(q));
  }
  EXPECT_EQ(whole.kl(), parts.kl());
  EXPECT_EQ(whole.sqnr_db(), parts.sqnr_db());
}

TEST(Accuracy, RanksTiesByTheirPlace) {
  Accuracy accuracy(-1);
  const std::vector<std::int64_t> labels = {1, 0};
  accuracy.add(Tensor::from<float>({2, 7}, {3, 3, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7}), labels);
  EXPECT_EQ(accuracy.top1(), 0);   // class 0 ties with 1 and stands before it
  EXPECT_EQ(accuracy.top5(), 50);  // class 0 of the second sample is the seventh
}

TEST(Accuracy, LeavesOutIgnoredSamples) {
  Accuracy accuracy(2);
  const std::vector<std::int64_t> labels = {1, 2, -1};
  accuracy.add(Tensor::from<float>({3, 3}, {0, 9, 0, 9, 0, 0, 9, 0, 0}), labels);
  EXPECT_EQ(accuracy.top1(), 100);
}

TEST(IntersectionOverUnion, LeavesOutIgnoredPixelsAndAbsentClasses) {
  IntersectionOverUnion overlap(3);
  // 4 classes, 4 pixels; predictions 0 1 1 0, labels 0 1 0 ignored
  overlap.add(Tensor::from<float>({1, 4, 2, 2}, {9, 0, 0, 9, 0, 9, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0}), 0, std::vector<std::uint8_t>{0, 1, 0, 3});
  EXPECT_NEAR(overlap.mean(), 50, 1e-9);  // class 0: 1 of 2, class 1: 1 of 2
}

TEST(WithoutFinalSoftmax, TakesTheScoresBeforeIt) {
  test::NetBuilder b;
  const ValueId x = b.input({1, 10});
  const ValueId scores = b.gemm(x, 10, 4);
  Graph graph = b.finish(b.node("Softmax", {scores}, {{"axis", std::int64_t{-1}}}), "probabilities");
  const Graph cut = without_final_softmax(graph);
  EXPECT_EQ(cut.producer(cut.outputs()[0])->type, "Gemm");
  EXPECT_EQ(cut.nodes().size(), 1u);
}
