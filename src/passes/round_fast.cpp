// Rounds the weights of each layer on second moments of its inputs (METHODS 3.4; ranges/rounding.h), the layers before it
// quantized already, and refits its bias: b^ = mean(t) - W^ mean(x^), t being what the layer should make. Per-channel
// scales follow the codes where that lowers the layer's error. A weight that others read too is stored once: it takes the
// nearest codes on the scales it has, which suit all its readers. Needs samples. Changes weights to points of their grids,
// scales and biases.
#include <cmath>
#include <numeric>

#include "base/parallel.h"
#include "base/text.h"
#include "evaluation/metrics.h"
#include "passes/fit_bias.h"
#include "passes/grid_of_rows.h"
#include "passes/layer_edit.h"
#include "passes/pass.h"
#include "ranges/clamped_means.h"
#include "ranges/moments.h"
#include "ranges/sweep.h"

namespace halftone {
namespace {

// How much an error that a whole picture shares weighs beside one of a single position: docs/decisions/0005.
double coherence(int bits) { return bits <= 5 ? 2 : 0; }

// The fewer rows a column has, the less its moments are worth; and the finer the grid, the less there is to win by following
// them: the noise of rounding falls with the step, mean w^2 / s^2 being about 1200 at 8 bits a channel and 5 at 4. 0.1 alone
// (METHODS 3.4) fits the calibration samples and loses on others: docs/decisions/0005.
double shrinkage(double mean_square_code, std::int64_t columns, std::int64_t rows) {
  constexpr double kLeast = 0.1, kPerColumn = 11, kPower = 0.7;
  return kLeast * (1 + kPerColumn * std::pow(mean_square_code, kPower) * static_cast<double>(columns) / static_cast<double>(rows));
}

double mean_square(const std::vector<float>& values) {
  double squares = 0;
  for (float x : values) squares += static_cast<double>(x) * x;
  return squares / static_cast<double>(values.size());
}

double sum(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

// All channels of a layer: real weights [channels][columns]; scales [channels][blocks]; biases and errors one a channel.
struct Solution {
  std::vector<float> weights, scales;
  std::vector<double> bias;
  double error = 0, nearest_error = 0;

  Solution(std::size_t channels, std::size_t columns, std::size_t scale_count) : weights(channels * columns), scales(scale_count), bias(channels) {}

  void set_group(std::size_t first, const RoundedWeights& part, std::size_t block, const std::vector<double>& mean, const std::vector<double>& mean_target) {
    const std::size_t columns = mean.size(), blocks = part.scales.size() / mean_target.size();
    for (std::size_t c = 0; c < mean_target.size(); ++c) {
      const float* own = &part.scales[c * blocks];
      std::vector<double> sums(blocks, 0.0);
      for (std::size_t k = 0; k < columns; ++k) {
        const auto code = part.codes[c * columns + k];
        weights[(first + c) * columns + k] = own[k / block] * static_cast<float>(code);
        sums[k / block] += static_cast<double>(code) * mean[k];
      }
      bias[first + c] = mean_target[c];
      for (std::size_t b = 0; b < blocks; ++b) bias[first + c] -= static_cast<double>(own[b]) * sums[b];
      std::copy(own, own + blocks, scales.begin() + static_cast<std::ptrdiff_t>((first + c) * blocks));
    }
  }
};

class FastRounding : public SweepVisitor {
 public:
  FastRounding(PassContext& context, PassReport& report) : context_(context), report_(report) {}

  void begin(const Layer& layer, const LayerRows& shape) override {
    moments_.emplace(MomentsShape{shape.groups, shape.columns, shape.targets, coherence(shape.weight_bits), layer.can_have_bias});
    kept_.begin(shape);
  }

  void add(const RowBlock& block) override {
    moments_->add(block, context_.job.threads);
    kept_.add(block, context_.job.threads);
  }

  void end(Graph& graph, Layer layer) override {
    const std::vector<float> rows = rows_of_weight(*graph.constant(layer.weight), layer.weight_axis);
    const GridOfRows grid(*graph.encoding(layer.weight), graph.constant(layer.weight)->shape(), layer);
    Solution solution = solve(grid, rows, !context_.given.contains(layer.weight), !shares_weight(graph, layer));
    solution.bias = kept_.fit_biases(solution.weights, solution.bias, context_.job.threads);
    write(graph, layer, grid.with(solution.scales), solution);
    report(graph, layer, solution, rows);
  }

  double mean_ratio() const { return report_.changed > 0 ? ratios_ / report_.changed : 1; }

 private:
  Solution solve(const GridOfRows& grid, const std::vector<float>& rows, bool fits_scales, bool fits_codes) const {
    const auto& [groups, columns, targets, coherence, centred] = moments_->shape();
    const auto each = static_cast<std::size_t>(targets);
    Solution solution(each * static_cast<std::size_t>(groups), static_cast<std::size_t>(columns), grid.scales().size());
    const double shrunk = shrinkage(mean_square(rows) / mean_square(grid.scales()), columns, moments_->rows());
    const int outer = groups > 1 ? context_.job.threads : 1, inner = groups > 1 ? 1 : context_.job.threads;
    std::vector<double> errors(static_cast<std::size_t>(groups)), nearest(errors.size());
    parallel_for(groups, outer, [&, columns = columns](std::int64_t g) {
      const std::size_t first = static_cast<std::size_t>(g) * each;
      const auto part = rows.begin() + static_cast<std::ptrdiff_t>(first) * columns;
      RoundingProblem problem{{part, part + static_cast<std::ptrdiff_t>(each) * columns}, moments_->cross(g), {}, {}, fits_scales && fits_codes && !grid.per_tensor(), grid.block(), fits_codes};
      for (std::size_t c = 0; c < each; ++c) grid.add_channel(first + c, problem);
      const RoundingSolver solver(moments_->covariance(g), columns, shrunk, inner);
      const RoundedWeights rounded = solver.solve(problem, inner);
      solution.set_group(first, rounded, static_cast<std::size_t>(grid.block()), moments_->mean(g), moments_->mean_target(g));
      errors[static_cast<std::size_t>(g)] = sum(rounded.error);
      nearest[static_cast<std::size_t>(g)] = sum(rounded.nearest_error);
    });
    solution.error = sum(errors);
    solution.nearest_error = sum(nearest);
    return solution;
  }

  void write(Graph& graph, Layer& layer, Encoding grid, const Solution& solution) {
    graph.set_constant(layer.weight, weight_of_rows(solution.weights, graph.constant(layer.weight)->shape(), layer.weight_axis));
    graph.edit(layer.weight).encoding = std::make_shared<const Encoding>(std::move(grid));
    if (!layer.can_have_bias) return;
    set_bias(graph, layer, {solution.bias.begin(), solution.bias.end()});
    fit_bias(graph, layer, context_, report_);  // it may be larger than the one that activation_ranges made fit
  }

  void report(const Graph& graph, const Layer& layer, const Solution& solution, const std::vector<float>& weights) {
    HALFTONE_CHECK(!(solution.error > solution.nearest_error * (1 + 1e-6)));  // neither is a number where weights are near the end of float32
    ratios_ += solution.nearest_error > 0 ? solution.error / solution.nearest_error : 1;
    ++report_.changed;
    context_.rounded.push_back({graph.node(layer.node).name, layer.weight, graph.encoding(layer.weight)->bits, sqnr_db(weights, solution.weights),
                                solution.nearest_error, solution.error});
  }

  PassContext& context_;
  PassReport& report_;
  std::optional<Moments> moments_;
  KeptRows kept_;
  double ratios_ = 0;
};

PassReport round_fast(Graph& graph, PassContext& context) {
  PassReport report;
  FastRounding rounding(context, report);
  const SweepOptions options{.store_bytes = context.job.store_bytes, .seed = context.options.seed};
  const SweepReport sweep = sweep_layers(graph, *context.data, options, context.job, rounding);
  if (sweep.layers_of_few > 0) {
    report.note("{} rounded on {} or more, not on all {}: the values do not fit into {}", counted(sweep.layers_of_few, "layer was", "layers were"),
                counted(sweep.few, "sample"), context.data->size(), format_bytes(context.job.store_bytes));
  }
  context.float_network_changed = context.float_network_changed || sweep.layers > 0;
  if (sweep.layers > 0) report.summary = fmt::format("{} in {}; mean squared error {:.2f} of nearest's", counted(sweep.layers, "layer"), counted(sweep.segments, "segment"), rounding.mean_ratio());
  return report;
}

}  // namespace

extern const Pass kRoundFast{"round_fast", "rounds weights on second moments of their inputs, refits biases", Needs::samples, round_fast,
                             [](const QuantizeOptions& options) { return options.rounding == Rounding::fast; }};

}  // namespace halftone
