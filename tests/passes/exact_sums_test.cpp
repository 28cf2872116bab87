#include <algorithm>
#include <cmath>

#include "support/pass_runner.h"

using namespace halftone;
using namespace halftone::test;

namespace {

const ConvOptions kSame = {.pads = {1, 1, 1, 1}};

// conv -> relu -> x;  x + conv(conv x) -> clamp -> conv.
Graph block(float cap = 0, double deviation = -1) {
  NetBuilder b(7);
  ConvOptions last = kSame;
  last.deviation = deviation;
  const ValueId x = b.relu(b.conv(b.input({1, 3, 8, 8}), 3, 6, 3, kSame));
  const ValueId sum = b.add(b.conv(b.relu(b.conv(x, 6, 6, 3, kSame)), 6, 6, 3, last), x);
  return b.finish(b.conv(cap > 0 ? b.clip(sum, 0, cap) : b.relu(sum), 6, 4, 1));
}

struct Summed {
  Graph graph;
  MemoryDataset data{random_tensor({16, 3, 8, 8}, 5)};
  PassRun run{&data};
  PassReport report;

  explicit Summed(Graph network) : graph(std::move(network)) {
    for (const Pass* pass : {&kPlaceQuantizers, &kWeightRanges, &kActivationRanges}) run(*pass, graph);
  }

  Summed& join() {
    report = run(kExactSums, graph);
    return *this;
  }

  const Encoding& grid(const std::string& type, int nth) const { return *graph.encoding(output_of(graph, type, nth)); }
};

}  // namespace

TEST(ExactSums, RoundNothing) {
  Summed net(block());
  net.join();
  EXPECT_EQ(net.report.changed, 1);
  const Encoding &left = net.grid("Conv", 2), &right = net.grid("Relu", 0), &result = net.grid("Relu", 2);
  EXPECT_TRUE(left.scale == right.scale && left.scale == result.scale);
  EXPECT_TRUE(right.zero_point[0] == 0 && result.zero_point[0] == 0 && left.zero_point[0] > 0);
  EXPECT_NE(net.grid("Relu", 1).scale, left.scale);  // inside the block
  for (std::int32_t a = 0; a < 256; ++a) {
    for (std::int32_t b = 0; b < 256; ++b) {
      const Tensor sum = Tensor::scalar(left.scale[0] * static_cast<float>(a - left.zero_point[0]) + right.scale[0] * static_cast<float>(b));
      ASSERT_EQ(quantize(sum, result)[0], std::clamp(a - left.zero_point[0] + b, 0, 255));
    }
  }
}

TEST(ExactSums, LoseLess) {
  const auto loss = [](Graph graph) {
    for (ValueId id : graph.values()) {
      if (graph.value(id).is_constant()) graph.edit(id).encoding = nullptr;  // weights stay what they are
    }
    const Tensor x = random_tensor({64, 3, 8, 8}, 9);
    Session session(graph, Arithmetic::simulated, 1);
    const std::vector<Tensor> outputs = session.run(std::vector<Tensor>{x});
    const auto values = outputs.at(0).values<float>();
    const std::vector<float> wanted = run_float(graph, x);
    double squares = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) squares += std::pow(values[i] - wanted[i], 2);
    return squares;
  };
  Summed net(block());
  const double apart = loss(net.graph);
  EXPECT_LT(loss(net.join().graph), apart);
  EXPECT_GT(apart, 0);
}

TEST(ExactSums, LeaveOtherGridsAlone) {
  EXPECT_EQ(Summed(block(1.5f)).join().report.changed, 0);   // the clamp's bound is the grid's end
  EXPECT_EQ(Summed(block(0, 4)).join().report.changed, 0);   // thirty times as large as the shortcut
  Summed loaded(block());
  loaded.run.context.given.insert(output_of(loaded.graph, "Conv", 2));
  EXPECT_EQ(loaded.join().report.changed, 0);
  NetBuilder b;
  const ValueId x = b.relu(b.conv(b.input({1, 3, 8, 8}), 3, 6, 3, kSame));
  EXPECT_EQ(Summed(b.finish(b.add(b.conv(x, 6, 6, 3, kSame), x))).join().report.changed, 0);  // scores
}

TEST(ExactSums, AreForRangesByTheirLoss) {
  EXPECT_TRUE(kExactSums.wanted({}));
  EXPECT_FALSE(kExactSums.wanted({.activation_range = RangeMethod::minmax}));
}
