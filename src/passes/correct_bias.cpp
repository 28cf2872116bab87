// Empirical bias correction (METHODS 3.3) for weights that are rounded to nearest: layer after layer, those before it
// quantized and corrected already. What the rounding shifts the mean of an output channel by is taken back, and half of what
// the shifted inputs do:
//     b^ = b + (W - W^) mean(x^) + 1/2 W (mean(x) - mean(x^))
// x: inputs in the float network, x^: in the quantized one. Why half: docs/decisions/0006. Needs samples. Changes biases, and
// adds those that are missing; a MatMul has none. Where the new bias leaves int32, the channel's weight scale is widened.
// Source: Nagel et al. 2019 (DFQ), section 4.2; Nagel et al. 2021, section 3.3.
#include "passes/fit_bias.h"
#include "passes/layer_edit.h"
#include "ranges/sweep.h"

namespace halftone {
namespace {

constexpr double kShare = 0.5;

// Sums of rows, [group][columns].
class RowSums {
 public:
  RowSums(std::int64_t groups, std::int64_t columns) : sums_(static_cast<std::size_t>(groups), std::vector<double>(static_cast<std::size_t>(columns))) {}

  void add(const Rows& rows) {
    for (std::size_t g = 0; g < sums_.size(); ++g) {
      const std::size_t columns = sums_[g].size();
      for (std::size_t i = 0; i < rows[g].size(); i += columns) {
        for (std::size_t k = 0; k < columns; ++k) sums_[g][k] += rows[g][i + k];
      }
    }
  }

  const std::vector<double>& of(std::size_t group) const { return sums_[group]; }

 private:
  std::vector<std::vector<double>> sums_;
};

class BiasCorrection : public SweepVisitor {
 public:
  BiasCorrection(PassContext& context, PassReport& report) : context_(context), report_(report) {}

  void begin(const Layer&, std::int64_t groups, std::int64_t columns) override {
    real_.emplace(groups, columns);
    quantized_.emplace(groups, columns);
    groups_ = groups;
    rows_ = 0;
  }

  void add(const Rows& x, const Rows& quantized, std::int64_t rows) override {
    real_->add(x);
    quantized_->add(quantized);
    rows_ += rows;
  }

  void end(Graph& graph, Layer layer) override {
    if (!layer.can_have_bias) {
      report_.note("'{}': a {} has no bias to correct", graph.node(layer.node).name, graph.node(layer.node).type);
      return;
    }
    const std::vector<float> bias = bias_or_zero(graph, layer);
    do {
      set_bias(graph, layer, corrected(graph, layer, bias));
    } while (fit_bias(graph, layer, context_, report_) > 0);  // wider scales, other codes
    ++report_.changed;
  }

 private:
  std::vector<float> corrected(const Graph& graph, const Layer& layer, std::vector<float> bias) const {
    const Tensor& weight = *graph.constant(layer.weight);
    const Encoding& grid = *graph.encoding(layer.weight);
    const Tensor rounded = dequantize(quantize(weight, grid), grid, weight.shape());
    const std::span<const float> w = weight.values<float>(), w_hat = rounded.values<float>();
    const WeightOrder order(weight.shape(), layer.weight_axis);
    for (std::int64_t c = 0; c < layer.channels; ++c) {
      const auto group = static_cast<std::size_t>(c * groups_ / layer.channels);
      const std::vector<double>&x = real_->of(group), &x_hat = quantized_->of(group);
      double shift = 0;
      for (std::int64_t p = 0; p < order.positions(); ++p) {
        const std::size_t i = order.element(p, c), k = static_cast<std::size_t>(p);
        shift += (w[i] - w_hat[i]) * x_hat[k] + kShare * w[i] * (x[k] - x_hat[k]);
      }
      float& b = bias[static_cast<std::size_t>(c)];
      b = static_cast<float>(b + shift / static_cast<double>(rows_));
    }
    return bias;
  }

  PassContext& context_;
  PassReport& report_;
  std::optional<RowSums> real_, quantized_;
  std::int64_t groups_ = 1, rows_ = 0;
};

PassReport correct_bias(Graph& graph, PassContext& context) {
  PassReport report;
  BiasCorrection correction(context, report);
  // Means need few rows; every sample costs a run of all layers.
  const SweepOptions options{.samples = 64, .rows = 4096, .seed = context.options.seed, .label = "correcting biases"};
  sweep_layers(graph, *context.data, options, context.job, correction);
  if (report.changed > 0) report.summary = fmt::format("{} biases", report.changed);
  return report;
}

}  // namespace

extern const Pass kCorrectBias{"correct_bias", "lets biases take up what rounding to nearest shifts the means by", Needs::samples, correct_bias};

}  // namespace halftone
