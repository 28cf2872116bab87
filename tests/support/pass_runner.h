// Runs a single pass in a test.
#pragma once

#include "engine/session.h"
#include "passes/pass.h"
#include "support/memory_dataset.h"
#include "support/net_builder.h"

namespace halftone::test {

struct PassRun {
  Target target = load_target("onnxruntime");
  QuantizeOptions options;
  PassContext context{.target = target, .options = options};

  explicit PassRun(const SampleSource* data = nullptr, QuantizeOptions wanted = {}) : options(std::move(wanted)) { context.data = data; }
  PassReport operator()(const Pass& pass, Graph& graph) {
    PassReport report = pass.run(graph, context);
    verify(graph, std::string("after ") + pass.name);
    return report;
  }
};

inline std::vector<float> run_float(const Graph& graph, const Tensor& x) {
  Session session(graph, Arithmetic::float32, 1);
  const auto outputs = session.run(std::vector<Tensor>{x});
  const auto values = outputs.at(0).values<float>();
  return {values.begin(), values.end()};
}

// max |a - b| / max |b|
inline double relative_error(const std::vector<float>& a, const std::vector<float>& b) {
  double error = 0, largest = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    error = std::max<double>(error, std::fabs(a[i] - b[i]));
    largest = std::max<double>(largest, std::fabs(b[i]));
  }
  return error / largest;
}

// The values of a node type's outputs.
inline ValueId output_of(const Graph& graph, const std::string& type, int nth = 0) {
  for (NodeId id : graph.topological_order()) {
    if (graph.node(id).type == type && nth-- == 0) return graph.node(id).output();
  }
  return ValueId::none;
}

}  // namespace halftone::test
