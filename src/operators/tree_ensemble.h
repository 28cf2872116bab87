// Decision trees as ai.onnx.ml writes them: one entry a node in lists nodes_*, and leaves with weights for targets or classes.
#pragma once

#include <string>
#include <vector>

#include "operators/operator.h"

namespace halftone {

class TreeEnsemble {
 public:
  // of: "target" or "class", the prefix of the leaves' lists. Throws Error for lists that do not fit, modes that are unknown, nodes that do
  // not exist, and trees with a cycle.
  TreeEnsemble(const Node& node, const std::string& of, std::int64_t results, std::int64_t features);

  std::int64_t trees() const { return std::ssize(roots_); }

  struct Vote {
    std::int64_t result;
    float weight;
  };
  // Calls body(vote) for every weight of the leaf of each tree that the features lead to.
  template <typename Body>
  void for_each_vote(const float* features, const Body& body) const {
    for (std::size_t root : roots_) {
      for (const Vote& vote : nodes_[leaf(root, features)].votes) body(vote);
    }
  }

 private:
  enum class Mode { leq, lt, gte, gt, eq, neq, leaf };
  struct Branch {
    Mode mode = Mode::leaf;
    std::int64_t feature = 0;
    float value = 0;
    bool missing_is_true = false;
    std::size_t on_true = 0, on_false = 0;
    std::vector<Vote> votes;
  };

  static Mode mode_of(const std::string& name);
  void refuse_cycles() const;
  std::size_t leaf(std::size_t at, const float* features) const;

  std::vector<Branch> nodes_;
  std::vector<std::size_t> roots_;
};

// Turns the scores of one sample into what post_transform says: NONE, SOFTMAX, LOGISTIC, SOFTMAX_ZERO, PROBIT. Throws Error for another.
void post_transform(const std::string& name, std::vector<float>& scores);

}  // namespace halftone
