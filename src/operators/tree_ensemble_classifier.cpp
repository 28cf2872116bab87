// TreeEnsembleClassifier of ai.onnx.ml: [samples, features] -> labels [samples] of int64 and scores [samples, classes].
// ai.onnx.ml since 1.
//
// Where the leaves vote for one class alone and there are two, their sum speaks for the second: it is its probability where no
// weight is negative (label from 0.5), and else its score (label from 0).
#include "operators/tree_ensemble.h"

#include <algorithm>
#include <set>

namespace halftone {
namespace {

std::vector<std::int64_t> labels_of(const Node& node) {
  if (node.attributes.has("classlabels_strings")) throw Error("it has labels of strings, which are no element type of ours");
  const std::vector<std::int64_t> labels = node.attributes.integers("classlabels_int64s");
  if (labels.empty()) throw Error("it has no labels (classlabels_int64s)");
  return labels;
}

TreeEnsemble trees_of(const Call& call) {
  const Shape& x = call.input(0).shape;
  if (x.size() != 2) throw Error("its input is {}; [samples, features] is needed", to_string(x));
  return TreeEnsemble(call.node, "class", std::ssize(labels_of(call.node)), x[1]);
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 1, 1);
  trees_of(call);
  const std::int64_t samples = call.input(0).shape[0], classes = std::ssize(labels_of(call.node));
  return std::vector<TensorSpec>{{DataType::int64, {samples}}, {DataType::float32, {samples, classes}}};
}

// The scores of one sample and the place of its label.
std::size_t decide(const Node& node, bool votes_for_one, bool all_positive, std::vector<float>& scores) {
  const std::string transform = node.attributes.text("post_transform", "NONE");
  if (!votes_for_one) {
    const auto best = static_cast<std::size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
    post_transform(transform, scores);
    return best;
  }
  const float sum = scores[0] + scores[1];
  const bool second = all_positive ? sum > 0.5f : sum > 0;
  scores = {all_positive ? 1 - sum : -sum, sum};
  post_transform(transform, scores);
  return second ? 1 : 0;
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const TreeEnsemble trees = trees_of(call);
  const std::vector<std::int64_t> labels = labels_of(call.node), voted = call.attributes().integers("class_ids");
  const std::vector<float> weights = call.attributes().reals("class_weights"), base = call.attributes().reals("base_values"), x = to_floats(call.tensor(0));
  const bool votes_for_one = labels.size() == 2 && std::set(voted.begin(), voted.end()).size() == 1;
  const bool all_positive = std::all_of(weights.begin(), weights.end(), [](float w) { return w >= 0; });
  const std::int64_t samples = call.input(0).shape[0], features = call.input(0).shape[1];
  std::vector<float> scores(labels.size());
  for (std::int64_t n = 0; n < samples; ++n) {
    scores.assign(labels.size(), 0);
    std::copy_n(base.begin(), std::min(base.size(), scores.size()), scores.begin());
    trees.for_each_vote(x.data() + n * features, [&](const TreeEnsemble::Vote& vote) { scores[static_cast<std::size_t>(vote.result)] += vote.weight; });
    const std::size_t label = decide(call.node, votes_for_one, all_positive, scores);
    outputs[0].mutable_values<std::int64_t>()[static_cast<std::size_t>(n)] = labels[label];
    std::copy(scores.begin(), scores.end(), outputs[1].mutable_values<float>().begin() + n * std::ssize(labels));
  }
}

std::vector<DataType> types(const Node&, const std::vector<DataType>&) { return {DataType::int64, DataType::float32}; }

}  // namespace

extern const Operator kTreeEnsembleClassifier{.type = "TreeEnsembleClassifier", .domain = "ai.onnx.ml", .since = 1, .shapes = shapes, .reference = reference, .types = types};

}  // namespace halftone
