// TreeEnsembleRegressor of ai.onnx.ml: [samples, features] -> [samples, targets]; each target's votes are summed, averaged
// over the trees, or the least or greatest is taken. ai.onnx.ml since 1.
#include "operators/tree_ensemble.h"

#include <algorithm>

namespace halftone {
namespace {

std::int64_t targets_of(const Call& call) {
  const std::int64_t targets = call.attributes().integer("n_targets", 1);
  if (targets < 1 || targets > (1 << 20)) throw Error("its n_targets is {}", targets);
  return targets;
}

TreeEnsemble trees_of(const Call& call) {
  const Shape& x = call.input(0).shape;
  if (x.size() != 2) throw Error("its input is {}; [samples, features] is needed", to_string(x));
  return TreeEnsemble(call.node, "target", targets_of(call), x[1]);
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 1, 1);
  trees_of(call);
  const std::string aggregate = call.attributes().text("aggregate_function", "SUM");
  if (aggregate != "SUM" && aggregate != "AVERAGE" && aggregate != "MIN" && aggregate != "MAX") throw Error("the aggregate_function '{}' is unknown", aggregate);
  return std::vector<TensorSpec>{{DataType::float32, {call.input(0).shape[0], targets_of(call)}}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const TreeEnsemble trees = trees_of(call);
  const std::string aggregate = call.attributes().text("aggregate_function", "SUM");
  const std::vector<float> base = call.attributes().reals("base_values"), x = to_floats(call.tensor(0));
  const std::int64_t samples = call.input(0).shape[0], features = call.input(0).shape[1];
  const auto targets = static_cast<std::size_t>(targets_of(call));
  for (std::int64_t n = 0; n < samples; ++n) {
    std::vector<float> results(targets, 0);
    std::vector<bool> voted(targets, false);
    trees.for_each_vote(x.data() + n * features, [&](const TreeEnsemble::Vote& vote) {
      const auto t = static_cast<std::size_t>(vote.result);
      if (aggregate == "MIN" || aggregate == "MAX") {
        const bool better = aggregate == "MIN" ? vote.weight < results[t] : vote.weight > results[t];
        if (!voted[t] || better) results[t] = vote.weight;
      } else {
        results[t] += vote.weight;
      }
      voted[t] = true;
    });
    for (std::size_t t = 0; t < targets; ++t) {
      if (aggregate == "AVERAGE") results[t] /= static_cast<float>(trees.trees());
      if (t < base.size()) results[t] += base[t];
    }
    post_transform(call.attributes().text("post_transform", "NONE"), results);
    std::copy(results.begin(), results.end(), outputs[0].mutable_values<float>().begin() + n * std::ssize(results));
  }
}

std::vector<DataType> types(const Node&, const std::vector<DataType>&) { return {DataType::float32}; }

}  // namespace

extern const Operator kTreeEnsembleRegressor{.type = "TreeEnsembleRegressor", .domain = "ai.onnx.ml", .since = 1, .shapes = shapes, .reference = reference, .types = types};

}  // namespace halftone
