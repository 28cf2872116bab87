// Runs nodes with bodies (If, Loop): their graphs have Sessions of their own, in float32.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "engine/session.h"

namespace halftone {

bool has_bodies(const Node& node);

class Bodies {
 public:
  explicit Bodies(int threads) : threads_(threads) {}

  // The node's outputs; inputs in its order, null where one is absent.
  std::vector<Tensor> run(const Node& node, const std::vector<const Tensor*>& inputs);

 private:
  std::vector<Tensor> run_if(const Node& node, const std::vector<const Tensor*>& inputs);
  std::vector<Tensor> run_loop(const Node& node, const std::vector<const Tensor*>& inputs);
  std::vector<Tensor> run_body(const Graph& body, const std::vector<Tensor>& inputs);

  int threads_;
  std::map<const Graph*, std::unique_ptr<Session>> sessions_;
};

}  // namespace halftone
