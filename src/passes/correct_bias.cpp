// Empirical bias correction (METHODS 3.3) for weights that are rounded to nearest: layer after layer, those before it
// quantized and corrected already, so that each output channel gets the mean it should have:
//     b^ = mean(t) - W^ mean(x^)
// x^: inputs in the quantized network; t: what the layer should make, its result in the float network, and where that is
// added to a shortcut also the shortcut's error (ranges/sweep.h). Needs samples. Changes biases, and adds those that are
// missing; a MatMul has none. Where a clamp reads the result, the means behind it are what agrees (ranges/clamped_means.h). Where the new bias leaves int32, the channel's weight scale is widened, and said so.
// Source: Nagel et al. 2019 (DFQ), section 4.2; Nagel et al. 2021, section 3.3; the shortcut's error is ours.
#include "base/text.h"
#include "passes/fit_bias.h"
#include "passes/layer_edit.h"
#include "ranges/clamped_means.h"
#include "ranges/sweep.h"

namespace halftone {
namespace {

void add_rows(const float* rows, std::int64_t count, std::vector<double>& sums) {
  for (std::int64_t r = 0; r < count; ++r, rows += sums.size()) {
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += rows[i];
  }
}

class BiasCorrection : public SweepVisitor {
 public:
  BiasCorrection(PassContext& context, PassReport& report) : context_(context), report_(report) {}

  void begin(const Layer&, const LayerRows& shape) override {
    shape_ = shape;
    inputs_.assign(static_cast<std::size_t>(shape.width()), 0.0);
    targets_.assign(static_cast<std::size_t>(shape.target_width()), 0.0);
    kept_.begin(shape);
    rows_ = 0;
  }

  void add(const RowBlock& block) override {
    add_rows(block.x, block.rows, inputs_);
    add_rows(block.t, block.rows, targets_);
    kept_.add(block, context_.job.threads);
    rows_ += block.rows;
  }

  void end(Graph& graph, Layer layer) override {
    if (!layer.can_have_bias) {
      report_.note("'{}': a {} has no bias to correct", graph.node(layer.node).name, graph.node(layer.node).type);
      return;
    }
    do {
      const std::vector<double> biases = corrected(rounded_weights(graph, layer));
      set_bias(graph, layer, {biases.begin(), biases.end()});
    } while (fit_bias(graph, layer, context_, report_) > 0);  // wider scales, other codes
    ++report_.changed;
  }

 private:
  static std::vector<float> rounded_weights(const Graph& graph, const Layer& layer) {
    const Tensor& weight = *graph.constant(layer.weight);
    const Encoding& grid = *graph.encoding(layer.weight);
    return rows_of_weight(dequantize(quantize(weight, grid), grid, weight.shape()), layer.weight_axis);
  }

  std::vector<double> corrected(const std::vector<float>& weights) const {
    const auto columns = static_cast<std::size_t>(shape_.columns), targets = static_cast<std::size_t>(shape_.targets), groups = static_cast<std::size_t>(shape_.groups);
    std::vector<double> biases(weights.size() / columns);
    for (std::size_t c = 0; c < biases.size(); ++c) {
      const std::size_t group = c / targets;
      double sum = targets_[c % targets * groups + group];
      for (std::size_t k = 0; k < columns; ++k) sum -= weights[c * columns + k] * inputs_[k * groups + group];
      biases[c] = sum / static_cast<double>(rows_);
    }
    return kept_.fit_biases(weights, biases, context_.job.threads);
  }

  PassContext& context_;
  PassReport& report_;
  LayerRows shape_;
  std::vector<double> inputs_, targets_;  // sums of the rows, as in RowBlock
  KeptRows kept_;
  std::int64_t rows_ = 0;         // summed
};

PassReport correct_bias(Graph& graph, PassContext& context) {
  PassReport report;
  BiasCorrection correction(context, report);
  // Means need few rows; every sample costs a run of all layers.
  const SweepOptions options{.samples = 64, .rows = 4096, .store_bytes = context.job.store_bytes, .seed = context.options.seed, .label = "correcting biases"};
  sweep_layers(graph, *context.data, options, context.job, correction);
  context.float_network_changed = context.float_network_changed || report.changed > 0;
  if (report.changed > 0) report.summary = counted(report.changed, "bias");
  return report;
}

}  // namespace

extern const Pass kCorrectBias{"correct_bias", "corrects biases for what rounding to nearest shifts the means by", Needs::samples, correct_bias,
                               [](const QuantizeOptions& options) { return options.rounding == Rounding::nearest; }};

}  // namespace halftone
