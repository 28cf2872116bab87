// Rounds the weights of each layer on second moments of its inputs (METHODS 3.4; ranges/rounding.h), the layers before it
// quantized already, and refits its bias: b^ = mean(t) - W^ mean(x^), t being what the layer should make. Per-channel
// scales follow the codes where that lowers the layer's error. Needs samples. Changes weights to points of their grids,
// scales and biases.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/parallel.h"
#include "base/text.h"
#include "passes/fit_bias.h"
#include "passes/layer_edit.h"
#include "passes/pass.h"
#include "ranges/clamped_means.h"
#include "ranges/moments.h"
#include "ranges/rounding.h"
#include "ranges/sweep.h"

namespace halftone {
namespace {

// How much an error that a whole picture shares weighs beside one of a single position: docs/decisions/0005.
double coherence(int bits) { return bits <= 5 ? 2 : 0; }

// The fewer rows a column has, the less its moments are worth; and the finer the grid, the less there is to win by following
// them. 0.1 alone (METHODS 3.4) fits the calibration samples and loses on others: docs/decisions/0005.
double shrinkage(int bits, std::int64_t columns, std::int64_t rows) {
  constexpr double kLeast = 0.1, kPerColumn = 100;
  return kLeast * (1 + kPerColumn * std::ldexp(1.0, bits - 8) * static_cast<double>(columns) / static_cast<double>(rows));
}

double sqnr_db(const std::vector<float>& wanted, const std::vector<float>& made) {
  double signal = 0, noise = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    signal += static_cast<double>(wanted[i]) * wanted[i];
    noise += std::pow(static_cast<double>(wanted[i]) - made[i], 2);
  }
  return 10 * std::log10(signal / noise);  // infinite where they are equal, NaN where all are 0
}

// All channels of a layer: [channels][columns], one scale and one bias a channel.
struct Solution {
  RoundedWeights weights;
  std::vector<double> bias;

  std::vector<float> real_weights() const;
  Solution(std::size_t channels, std::size_t columns)
      : weights{std::vector<std::int32_t>(channels * columns), std::vector<float>(channels), std::vector<double>(channels), std::vector<double>(channels)}, bias(channels) {}

  void set_group(std::size_t first, const RoundedWeights& part, const std::vector<double>& mean, const std::vector<double>& mean_target) {
    const auto at = static_cast<std::ptrdiff_t>(first);
    std::copy(part.codes.begin(), part.codes.end(), weights.codes.begin() + at * std::ssize(mean));
    std::copy(part.scales.begin(), part.scales.end(), weights.scales.begin() + at);
    std::copy(part.error.begin(), part.error.end(), weights.error.begin() + at);
    std::copy(part.nearest_error.begin(), part.nearest_error.end(), weights.nearest_error.begin() + at);
    for (std::size_t c = 0; c < mean_target.size(); ++c) {
      double sum = 0;
      for (std::size_t k = 0; k < mean.size(); ++k) sum += static_cast<double>(part.codes[c * mean.size() + k]) * mean[k];
      bias[first + c] = mean_target[c] - static_cast<double>(part.scales[c]) * sum;
    }
  }
};

// The codes' real values.
std::vector<float> Solution::real_weights() const {
  std::vector<float> real(weights.codes.size());
  const std::size_t columns = real.size() / weights.scales.size();
  for (std::size_t i = 0; i < real.size(); ++i) real[i] = weights.scales[i / columns] * static_cast<float>(weights.codes[i]);
  return real;
}

class FastRounding : public SweepVisitor {
 public:
  FastRounding(PassContext& context, PassReport& report) : context_(context), report_(report) {}

  void begin(const Layer& layer, const LayerRows& shape) override {
    moments_.emplace(MomentsShape{shape.groups, shape.columns, shape.targets, coherence(shape.weight_bits), layer.can_have_bias});
    kept_.reset();
    clamp_ = shape.clamp;
    if (clamp_) kept_.emplace(shape.groups, shape.columns, shape.targets, shape.rows);
  }

  void add(const Rows& quantized, const Rows& target, std::int64_t rows, std::int64_t samples) override {
    moments_->add(quantized, target, rows, samples, context_.job.threads);
    if (kept_) kept_->add(quantized, target, rows);
  }

  void end(Graph& graph, Layer layer) override {
    const Tensor& weight = *graph.constant(layer.weight);
    const WeightOrder order(weight.shape(), layer.weight_axis);
    std::vector<float> rows;  // [channels][columns]
    for (std::int64_t c = 0; c < layer.channels; ++c) {
      for (std::int64_t p = 0; p < order.positions(); ++p) rows.push_back(weight.values<float>()[order.element(p, c)]);
    }
    const Encoding& grid = *graph.encoding(layer.weight);
    Solution solution = solve(grid, rows, grid.per_channel() && !context_.given.contains(layer.weight));
    if (kept_ && layer.can_have_bias) solution.bias = kept_->fit_biases(*clamp_, solution.real_weights(), solution.bias, context_.job.threads);
    write(graph, layer, order, solution);
    report(graph, layer, solution, rows);
  }

  double mean_ratio() const { return report_.changed > 0 ? ratios_ / report_.changed : 1; }

 private:
  Solution solve(const Encoding& grid, const std::vector<float>& rows, bool fits_scales) const {
    const auto& [groups, columns, targets, coherence, centred] = moments_->shape();
    const auto each = static_cast<std::size_t>(targets);
    Solution solution(each * static_cast<std::size_t>(groups), static_cast<std::size_t>(columns));
    const double shrunk = shrinkage(grid.bits, columns, moments_->rows());
    const int outer = groups > 1 ? context_.job.threads : 1, inner = groups > 1 ? 1 : context_.job.threads;
    parallel_for(groups, outer, [&, columns = columns](std::int64_t g) {
      const std::size_t first = static_cast<std::size_t>(g) * each;
      const auto part = rows.begin() + static_cast<std::ptrdiff_t>(first) * columns;
      RoundingProblem problem{{part, part + static_cast<std::ptrdiff_t>(each) * columns}, moments_->cross(g), {}, {}, fits_scales};
      for (std::size_t c = 0; c < each; ++c) {
        const std::size_t channel = grid.per_channel() ? first + c : 0;
        problem.scales.push_back(grid.scale[channel]);
        problem.ranges.push_back({grid.code_min(channel) - grid.zero_point[channel], grid.code_max(channel) - grid.zero_point[channel]});
      }
      const RoundingSolver solver(moments_->covariance(g), columns, shrunk);
      solution.set_group(first, solver.solve(problem, inner), moments_->mean(g), moments_->mean_target(g));
    });
    return solution;
  }

  // The layer's weight is its own afterwards.
  void write(Graph& graph, Layer& layer, const WeightOrder& order, const Solution& solution) {
    own_weight(graph, layer);
    Tensor weight = *graph.constant(layer.weight);
    std::span<float> values = weight.mutable_values<float>();
    const std::vector<float> real = solution.real_weights();
    for (std::int64_t c = 0; c < layer.channels; ++c) {
      for (std::int64_t p = 0; p < order.positions(); ++p) values[order.element(p, c)] = real[static_cast<std::size_t>(c * order.positions() + p)];
    }
    Encoding grid = *graph.encoding(layer.weight);
    if (grid.per_channel()) grid.scale = solution.weights.scales;
    graph.set_constant(layer.weight, std::move(weight));
    graph.edit(layer.weight).encoding = std::make_shared<const Encoding>(std::move(grid));
    if (!layer.can_have_bias) return;
    set_bias(graph, layer, {solution.bias.begin(), solution.bias.end()});
    fit_bias(graph, layer, context_, report_);  // it may be larger than the one that activation_ranges made fit
  }

  void report(const Graph& graph, const Layer& layer, const Solution& solution, const std::vector<float>& weights) {
    const RoundedWeights& rounded = solution.weights;
    const double error = std::accumulate(rounded.error.begin(), rounded.error.end(), 0.0);
    const double nearest = std::accumulate(rounded.nearest_error.begin(), rounded.nearest_error.end(), 0.0);
    HALFTONE_CHECK(error <= nearest * (1 + 1e-6));
    const double ratio = nearest > 0 ? error / nearest : 1;
    ratios_ += ratio;
    ++report_.changed;
    context_.rounded.push_back({graph.node(layer.node).name, layer.weight, graph.encoding(layer.weight)->bits, sqnr_db(weights, solution.real_weights()), nearest, error});
  }

  PassContext& context_;
  PassReport& report_;
  std::optional<Moments> moments_;
  std::optional<KeptRows> kept_;  // where a clamp reads the result
  std::optional<Clamp> clamp_;
  double ratios_ = 0;
};

PassReport round_fast(Graph& graph, PassContext& context) {
  PassReport report;
  FastRounding rounding(context, report);
  const SweepOptions options{.store_bytes = context.job.store_bytes, .seed = context.options.seed};
  const SweepReport sweep = sweep_layers(graph, *context.data, options, context.job, rounding);
  if (sweep.layers_of_few > 0) {
    report.note("{} layers were rounded on {} samples or more, not on all {}: their values do not fit into {}", sweep.layers_of_few, sweep.few,
                context.data->size(), format_bytes(context.job.store_bytes));
  }
  if (sweep.layers > 0) report.summary = fmt::format("{} layers in {} segments; mean squared error {:.2f} of nearest's", sweep.layers, sweep.segments, rounding.mean_ratio());
  return report;
}

}  // namespace

extern const Pass kRoundFast{"round_fast", "rounds weights on second moments of their inputs, refits biases", Needs::samples, round_fast};

}  // namespace halftone
