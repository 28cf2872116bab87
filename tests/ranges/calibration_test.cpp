#include "ranges/calibration.h"

#include <algorithm>

#include "operators/layer.h"
#include "support/pass_runner.h"

using namespace halftone;
using namespace halftone::test;

namespace {

// By definition, from the network's values on all samples at once.
ChannelRange brute_force(const Graph& graph, ValueId value, const SampleSource& data) {
  ChannelRange range;
  Session session(graph, Arithmetic::float32, 1, {value});
  session.run(data.read(0, data.size(), {}).inputs, [&](const TapView& view) {
    const std::int64_t samples = view.shape[0], channels = view.shape[1], places = element_count(view.shape) / samples / channels;
    for (std::int64_t c = 0; c < channels; ++c) {
      float min = 1e30f, max = -1e30f;
      for (std::int64_t s = 0; s < samples; ++s) {
        for (std::int64_t p = 0; p < places; ++p) {
          const float x = view.data[view.channels_last ? (s * places + p) * channels + c : (s * channels + c) * places + p];
          min = std::min(min, x);
          max = std::max(max, x);
        }
      }
      range.min.push_back(min);
      range.max.push_back(max);
    }
  });
  return range;
}

}  // namespace

TEST(Calibrate, FindsChannelRangesStatisticsAndOutputsInOneRun) {
  const Graph graph = residual_network();
  const MemoryDataset data(random_tensor({11, 3, 8, 8}, 5));
  CalibrationWishes wishes;
  for (const Layer& layer : layers_of(graph)) wishes.channels.push_back(layer.data);
  wishes.statistics = {wishes.channels[0], wishes.channels[1]};
  Job job{.threads = 2};
  job.value_bytes = 1 << 16;  // some batches
  const Calibration found = calibrate(graph, wishes, data, job);
  ASSERT_EQ(found.statistics.size(), 2u);
  EXPECT_EQ(found.statistics.at(wishes.channels[0]).samples.size(), 11u);
  for (ValueId id : wishes.channels) {
    const ChannelRange expected = brute_force(graph, id, data);
    EXPECT_EQ(found.channels.at(id).min, expected.min);
    EXPECT_EQ(found.channels.at(id).max, expected.max);
  }
  const Range all = found.statistics.at(wishes.channels[1]).histogram.range();
  const ChannelRange& channels = found.channels.at(wishes.channels[1]);
  EXPECT_EQ(all.max, *std::max_element(channels.max.begin(), channels.max.end()));
  ASSERT_NE(found.outputs, nullptr);
  const Batch batch{{}, 4, 3, false};
  const Tensor kept = found.outputs->of(batch).at(0);
  const auto expected = run_float(graph, data.read(4, 3, {}).inputs[0]);
  ASSERT_EQ(kept.size(), std::ssize(expected));
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(kept.values<float>()[i], expected[i], 1e-5);
}

TEST(ChannelRange, CallsAChannelConstantByTheOthersWidths) {
  const ChannelRange range{{0, 1, -5, 2}, {1, 1.0003f, 5, 2.1f}};
  EXPECT_EQ(range.constant_channels({}), (std::vector<bool>{false, true, false, false}));
}

TEST(ChannelRange, CallsAChannelThatTheClampCutsConstantOnlyWhereItStaysFarBehind) {
  const ChannelRange range{{-3, -3, -1, 7}, {-2, -0.9f, 1, 7.5f}};
  EXPECT_EQ(range.constant_channels({0, 6}), (std::vector<bool>{true, false, false, true}));
}
