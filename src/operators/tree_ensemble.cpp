#include "operators/tree_ensemble.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

namespace halftone {
namespace {

std::vector<std::string> texts(const Node& node, const std::string& name) {
  if (!node.attributes.has(name)) return {};
  const auto* list = std::get_if<std::vector<std::string>>(&node.attributes.all().at(name));
  if (list == nullptr) throw Error("its {} is no list of strings", name);
  return *list;
}

void require_count(const char* name, std::size_t count, std::size_t wanted) {
  if (count != wanted) throw Error("its {} has {} entries; {} are needed, one a node", name, count, wanted);
}

}  // namespace

TreeEnsemble::Mode TreeEnsemble::mode_of(const std::string& name) {
  const std::pair<const char*, Mode> modes[] = {{"BRANCH_LEQ", Mode::leq}, {"BRANCH_LT", Mode::lt},   {"BRANCH_GTE", Mode::gte}, {"BRANCH_GT", Mode::gt},
                                                {"BRANCH_EQ", Mode::eq},   {"BRANCH_NEQ", Mode::neq}, {"LEAF", Mode::leaf}};
  for (const auto& [known, mode] : modes) {
    if (name == known) return mode;
  }
  throw Error("the mode '{}' of a node is unknown", name);
}

TreeEnsemble::TreeEnsemble(const Node& node, const std::string& of, std::int64_t results, std::int64_t features) {
  const Attributes& a = node.attributes;
  const std::vector<std::string> modes = texts(node, "nodes_modes");
  const std::vector<std::int64_t> trees = a.integers("nodes_treeids"), ids = a.integers("nodes_nodeids"), feature = a.integers("nodes_featureids");
  const std::vector<std::int64_t> on_true = a.integers("nodes_truenodeids"), on_false = a.integers("nodes_falsenodeids");
  std::vector<std::int64_t> tracks = a.integers("nodes_missing_value_tracks_true");
  std::vector<float> values = a.reals("nodes_values");
  if (modes.empty()) throw Error("it has no nodes (nodes_modes)");
  if (tracks.empty()) tracks.assign(modes.size(), 0);
  for (const auto& [name, list] : {std::pair{"nodes_treeids", &trees}, {"nodes_nodeids", &ids}, {"nodes_featureids", &feature}, {"nodes_truenodeids", &on_true},
                                   {"nodes_falsenodeids", &on_false}, {"nodes_missing_value_tracks_true", &tracks}}) {
    require_count(name, list->size(), modes.size());
  }
  require_count("nodes_values", values.size(), modes.size());
  std::map<std::pair<std::int64_t, std::int64_t>, std::size_t> place;
  std::set<std::int64_t> seen;
  for (std::size_t i = 0; i < modes.size(); ++i) {
    if (!place.emplace(std::pair{trees[i], ids[i]}, i).second) throw Error("tree {} has two nodes {}", trees[i], ids[i]);
    if (seen.insert(trees[i]).second) roots_.push_back(i);
  }
  const auto at = [&](std::int64_t tree, std::int64_t id) {
    const auto found = place.find({tree, id});
    if (found == place.end()) throw Error("tree {} has no node {}", tree, id);
    return found->second;
  };
  for (std::size_t i = 0; i < modes.size(); ++i) {
    Branch branch{mode_of(modes[i]), feature[i], values[i], tracks[i] != 0, i, i, {}};
    if (branch.mode != Mode::leaf) {
      if (feature[i] < 0 || feature[i] >= features) throw Error("node {} of tree {} reads feature {} of {}", ids[i], trees[i], feature[i], features);
      branch.on_true = at(trees[i], on_true[i]);
      branch.on_false = at(trees[i], on_false[i]);
    }
    nodes_.push_back(std::move(branch));
  }
  refuse_cycles();
  const std::vector<std::int64_t> leaf_trees = a.integers(of + "_treeids"), leaf_ids = a.integers(of + "_nodeids"), result = a.integers(of + "_ids");
  const std::vector<float> weights = a.reals(of + "_weights");
  if (leaf_trees.size() != weights.size() || leaf_ids.size() != weights.size() || result.size() != weights.size()) throw Error("its lists {}_* differ in length", of);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (result[i] < 0 || result[i] >= results) throw Error("a leaf votes for {} {} of {}", of, result[i], results);
    nodes_[at(leaf_trees[i], leaf_ids[i])].votes.push_back({result[i], weights[i]});
  }
}

// Every node is reached from one place at most, and never from itself.
void TreeEnsemble::refuse_cycles() const {
  std::vector<bool> reached(nodes_.size(), false);
  std::vector<std::size_t> open = roots_;
  while (!open.empty()) {
    const std::size_t i = open.back();
    open.pop_back();
    if (reached[i]) throw Error("its trees have a node that two ways lead to");
    reached[i] = true;
    if (nodes_[i].mode == Mode::leaf) continue;
    open.push_back(nodes_[i].on_true);
    if (nodes_[i].on_false != nodes_[i].on_true) open.push_back(nodes_[i].on_false);
  }
}

std::size_t TreeEnsemble::leaf(std::size_t at, const float* features) const {
  while (nodes_[at].mode != Mode::leaf) {
    const Branch& branch = nodes_[at];
    const float x = features[branch.feature];
    bool taken = branch.missing_is_true && std::isnan(x);
    switch (branch.mode) {
      case Mode::leq: taken = taken || x <= branch.value; break;
      case Mode::lt: taken = taken || x < branch.value; break;
      case Mode::gte: taken = taken || x >= branch.value; break;
      case Mode::gt: taken = taken || x > branch.value; break;
      case Mode::eq: taken = taken || x == branch.value; break;
      case Mode::neq: taken = taken || x != branch.value; break;
      case Mode::leaf: break;
    }
    at = taken ? branch.on_true : branch.on_false;
  }
  return at;
}

namespace {

// p -> the x with erf(x / sqrt 2) = 2 p - 1, by Winitzki's approximation as the runtimes have it.
float probit(float p) {
  const float x = 2 * p - 1, sign = x < 0 ? -1.0f : 1.0f, log = std::log((1 - x) * (1 + x));
  const float v = 2 / (3.14159f * 0.147f) + 0.5f * log, w = 1 / 0.147f * log;
  return 1.41421356f * sign * std::sqrt(-v + std::sqrt(v * v - w));
}

void softmax(std::vector<float>& scores, bool keeps_zeros) {
  const float top = *std::max_element(scores.begin(), scores.end());
  float sum = 0;
  for (float& s : scores) {
    s = keeps_zeros && std::fabs(s) <= 1e-7f ? s * std::exp(-top) : std::exp(s - top);
    sum += s;
  }
  for (float& s : scores) s /= sum;
}

}  // namespace

void post_transform(const std::string& name, std::vector<float>& scores) {
  if (name == "NONE" || scores.empty()) return;
  if (name == "SOFTMAX") return softmax(scores, false);
  if (name == "SOFTMAX_ZERO") return softmax(scores, true);
  for (float& s : scores) {
    if (name == "LOGISTIC") s = 1 / (1 + std::exp(-s));
    else if (name == "PROBIT") s = probit(s);
    else throw Error("the post_transform '{}' is unknown", name);
  }
}

}  // namespace halftone
