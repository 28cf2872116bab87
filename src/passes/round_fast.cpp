// Rounds the weights of each layer on second moments of its inputs (METHODS 3.4; ranges/rounding.h), the layers before it
// quantized already, and refits its bias:  b^ = b + W mean(x) - W^ mean(x^). Per-channel scales follow the codes where that
// lowers the layer's error. Needs samples. Changes weights to points of their grids, scales and biases.
#include <cmath>

#include "base/parallel.h"
#include "passes/layer_edit.h"
#include "passes/pass.h"
#include "ranges/moments.h"
#include "ranges/rounding.h"
#include "ranges/sweep.h"

namespace halftone {
namespace {

class FastRounding : public SweepVisitor {
 public:
  FastRounding(PassContext& context, PassReport& report) : context_(context), report_(report) {}

  void begin(const Layer&, std::int64_t groups, std::int64_t columns) override { moments_.emplace(groups, columns); }

  void add(const Rows& x, const Rows& quantized, std::int64_t rows) override { moments_->add(x, quantized, rows, context_.job.threads); }

  void end(Graph& graph, Layer layer) override {
    const Tensor& weight = *graph.constant(layer.weight);
    const WeightOrder order(weight.shape(), layer.weight_axis);
    std::vector<float> rows;  // [channels][columns]
    for (std::int64_t c = 0; c < layer.channels; ++c) {
      for (std::int64_t p = 0; p < order.positions(); ++p) rows.push_back(weight.values<float>()[order.element(p, c)]);
    }
    write(graph, layer, order, solve(*graph.encoding(layer.weight), rows));
  }

 private:
  struct Solution {
    RoundedWeights weights;
    std::vector<double> bias_shift;  // W mean(x) - W^ mean(x^), a channel
  };

  Solution solve(const Encoding& grid, const std::vector<float>& rows) const {
    const std::int64_t groups = moments_->groups(), columns = moments_->columns();
    const auto channels = static_cast<std::size_t>(static_cast<std::int64_t>(rows.size()) / columns), each = channels / static_cast<std::size_t>(groups);
    Solution all{{std::vector<std::int32_t>(rows.size()), std::vector<float>(channels), std::vector<double>(channels), std::vector<double>(channels)},
                 std::vector<double>(channels)};
    const int outer = groups > 1 ? context_.job.threads : 1, inner = groups > 1 ? 1 : context_.job.threads;
    parallel_for(groups, outer, [&](std::int64_t g) {
      const std::size_t first = static_cast<std::size_t>(g) * each;
      const auto part = rows.begin() + static_cast<std::ptrdiff_t>(first) * columns;
      RoundingProblem problem{{part, part + static_cast<std::ptrdiff_t>(each) * columns}, {}, codes_of(grid), grid.per_channel()};
      for (std::size_t c = 0; c < each; ++c) problem.scales.push_back(grid.scale[grid.per_channel() ? first + c : 0]);
      const RoundedWeights solved = RoundingSolver(moments_->covariance(g), moments_->cross(g), columns, shrinkage(grid.bits)).solve(problem, inner);
      copy(solved, first, columns, all.weights);
      const std::vector<double> mean = moments_->mean(g), mean_quantized = moments_->mean_quantized(g);
      for (std::size_t c = 0; c < each; ++c) {
        for (std::size_t k = 0; k < mean.size(); ++k) {
          const std::size_t at = c * mean.size() + k;
          all.bias_shift[first + c] += problem.weights[at] * mean[k] - static_cast<double>(solved.scales[c]) * solved.codes[at] * mean_quantized[k];
        }
      }
    });
    return all;
  }

  // The fewer rows a column has, the less its moments are worth; and the finer the grid, the less there is to win by
  // following them. 0.1 alone (METHODS 3.4) fits the calibration samples and loses on others: docs/decisions/0005.
  double shrinkage(int bits) const {
    constexpr double kLeast = 0.1, kPerColumn = 100;
    return kLeast * (1 + kPerColumn * std::ldexp(1.0, bits - 8) * static_cast<double>(moments_->columns()) / static_cast<double>(moments_->rows()));
  }

  static CodeRange codes_of(const Encoding& grid) { return {grid.code_min() - grid.zero_point[0], grid.code_max() - grid.zero_point[0]}; }

  static void copy(const RoundedWeights& part, std::size_t first, std::int64_t columns, RoundedWeights& all) {
    const auto at = static_cast<std::ptrdiff_t>(first);
    std::copy(part.codes.begin(), part.codes.end(), all.codes.begin() + at * columns);
    std::copy(part.scales.begin(), part.scales.end(), all.scales.begin() + at);
    std::copy(part.error.begin(), part.error.end(), all.error.begin() + at);
    std::copy(part.nearest_error.begin(), part.nearest_error.end(), all.nearest_error.begin() + at);
  }

  void write(Graph& graph, Layer layer, const WeightOrder& order, const Solution& solution) {
    const RoundedWeights& rounded = solution.weights;
    std::vector<float> bias = bias_or_zero(graph, layer);
    own_weight(graph, layer);
    Tensor weight = *graph.constant(layer.weight);
    std::span<float> values = weight.mutable_values<float>();
    double error = 0, nearest = 0;
    for (std::int64_t c = 0; c < layer.channels; ++c) {
      const auto i = static_cast<std::size_t>(c);
      for (std::int64_t p = 0; p < order.positions(); ++p) {
        values[order.element(p, c)] = rounded.scales[i] * static_cast<float>(rounded.codes[static_cast<std::size_t>(c * order.positions() + p)]);
      }
      bias[i] = static_cast<float>(bias[i] + solution.bias_shift[i]);
      error += rounded.error[i];
      nearest += rounded.nearest_error[i];
    }
    HALFTONE_CHECK(error <= nearest * (1 + 1e-6));
    Encoding grid = *graph.encoding(layer.weight);
    if (grid.per_channel()) grid.scale = rounded.scales;
    graph.set_constant(layer.weight, std::move(weight));
    graph.edit(layer.weight).encoding = std::make_shared<const Encoding>(std::move(grid));
    if (layer.can_have_bias) set_bias(graph, layer, bias);
    const double ratio = nearest > 0 ? error / nearest : 1;
    ratios_ += ratio;
    ++report_.changed;
    report_.note("'{}': squared error {:.3g} of rounding to nearest", graph.node(layer.node).name, ratio);
  }

 public:
  double mean_ratio() const { return report_.changed > 0 ? ratios_ / report_.changed : 1; }

 private:
  PassContext& context_;
  PassReport& report_;
  std::optional<Moments> moments_;
  double ratios_ = 0;
};

PassReport round_fast(Graph& graph, PassContext& context) {
  PassReport report;
  FastRounding rounding(context, report);
  const SweepReport sweep = sweep_layers(graph, *context.data, {.seed = context.options.seed}, context.job, rounding);
  if (sweep.layers > 0) report.summary = fmt::format("{} layers in {} segments; mean squared error {:.2f} of nearest's", sweep.layers, sweep.segments, rounding.mean_ratio());
  return report;
}

}  // namespace

extern const Pass kRoundFast{"round_fast", "rounds weights on second moments of their inputs, refits biases", Needs::samples, round_fast};

}  // namespace halftone
