// Runs nodes with bodies (If, Loop, Scan, FlexAttention): their graphs have Sessions of their own, in float32.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "engine/session.h"
#include "operators/scan.h"

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
  std::vector<Tensor> run_scan(const Node& node, const std::vector<const Tensor*>& inputs);
  std::vector<Tensor> run_scan_of_batches(const Node& node, const ScanSpec& spec, const std::vector<const Tensor*>& inputs);
  std::vector<Tensor> run_flex_attention(const Node& node, const std::vector<const Tensor*>& inputs);
  std::vector<Tensor> scan(const Graph& body, const ScanSpec& spec, std::vector<Tensor> formal, const std::vector<Tensor>& captured);
  std::vector<Tensor> run_body(const Graph& body, const std::vector<Tensor>& inputs);

  int threads_;
  std::map<const Graph*, std::unique_ptr<Session>> sessions_;
};

}  // namespace halftone
