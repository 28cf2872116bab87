// Runs a case from the field as a user does, from file to file, and leaves what tests/differential/check_cases.py holds against
// ONNX Runtime:
//     build/<preset>/cases/NAME/{net.onnx, q.onnx, inputs.npz, outputs.npz}
// outputs.npz: every output as halftone simulates it, and for each its "step" (0: float), "low" and "high" that it may not leave.
#pragma once

#include <onnx-ml.pb.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "engine/session.h"
#include "formats/onnx/onnx.h"
#include "operators/layer.h"
#include "pipeline/quantize.h"
#include "support/memory_dataset.h"
#include "support/net_builder.h"
#include "support/temporary_folder.h"
#include "tensor/npz.h"

namespace halftone::test {

// Feeds of any shapes, read one by one.
class MemoryFeeds : public SampleSource {
 public:
  explicit MemoryFeeds(std::vector<std::vector<Tensor>> feeds) : feeds_(std::move(feeds)) {}
  std::int64_t size() const override { return std::ssize(feeds_); }
  bool is_feeds() const override { return true; }
  std::string name(std::int64_t sample) const override { return "feed " + std::to_string(sample); }
  Batch read(std::int64_t first, std::int64_t count, const Job&) const override { return {feeds_.at(static_cast<std::size_t>(first)), first, count}; }

 private:
  std::vector<std::vector<Tensor>> feeds_;
};

inline std::filesystem::path case_folder(const std::string& name) {
  const std::filesystem::path folder = std::filesystem::path(HALFTONE_BINARY_DIR) / "cases" / name;
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

struct CaseRun {
  std::filesystem::path folder;
  Graph graph, quantized;      // as it was given, and the quantized file as it is read back
  QuantizeReport report;
  std::vector<Tensor> inputs, real, simulated;

  float step(std::size_t output = 0) const {
    const Encoding* grid = quantized.encoding(quantized.outputs().at(output));
    return grid == nullptr ? 0 : grid->scale[0];
  }
  std::vector<float> floats(std::size_t output = 0) const { return to_floats(real.at(output)); }
  std::vector<float> codes(std::size_t output = 0) const { return to_floats(simulated.at(output)); }
  const Encoding* grid(const std::string& value) const {
    const ValueId id = quantized.find_value(value);
    return id == ValueId::none ? nullptr : quantized.encoding(id);
  }
  std::string reason(const std::string& node) const {  // why it is float
    for (const FloatLayer& layer : report.float_layers) {
      if (layer.node == node) return layer.reason;
    }
    return "";
  }
};

inline std::vector<Tensor> run_graph(const Graph& graph, Arithmetic arithmetic, const std::vector<Tensor>& inputs) {
  return Session(graph, arithmetic, 1).run(inputs);
}

struct Bounds {
  float low = -3e38f, high = 3e38f;
};

// ONNX's checker asks for outputs of known ranks.
inline void declare_ranks(Graph& graph, const std::vector<Tensor>& inputs) {
  const std::vector<Tensor> outputs = run_graph(graph, Arithmetic::float32, inputs);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    Value& output = graph.edit(graph.outputs()[i]);
    output.type = outputs[i].type();
    if (!output.dims) output.dims.emplace(outputs[i].rank());
  }
}

// What ONNX Runtime has to agree with.
inline void leave_for_runtime(const CaseRun& run, const Bounds& bounds = {}) {
  std::vector<std::pair<std::string, Tensor>> inputs, outputs;
  for (std::size_t i = 0; i < run.inputs.size(); ++i) inputs.emplace_back(run.quantized.value(run.quantized.inputs()[i]).name, run.inputs[i]);
  for (std::size_t i = 0; i < run.simulated.size(); ++i) {
    const std::string name = run.quantized.value(run.quantized.outputs()[i]).name;
    outputs.insert(outputs.end(), {{name, run.simulated[i]}, {"step of " + name, Tensor::scalar(run.step(i))},
                                   {"low of " + name, Tensor::scalar(bounds.low)}, {"high of " + name, Tensor::scalar(bounds.high)}});
  }
  write_npz(run.folder / "inputs.npz", inputs);
  write_npz(run.folder / "outputs.npz", outputs);
}

// Reads the quantized file and runs it, on the first sample unless `inputs` are given.
inline void read_back(CaseRun& run, const SampleSource& data, std::vector<Tensor> inputs = {}, const Bounds& bounds = {}) {
  run.quantized = read_onnx(run.folder / "q.onnx");
  absorb_qdq(run.quantized);
  run.inputs = inputs.empty() ? data.read(0, 1, {}).inputs : std::move(inputs);
  run.simulated = run_graph(run.quantized, Arithmetic::simulated, run.inputs);
  leave_for_runtime(run, bounds);
}

// `inputs`: what both networks run on then; empty: the first sample.
inline CaseRun run_case(const std::string& name, Graph graph, const SampleSource& data, const QuantizeOptions& options = {},
                        std::vector<Tensor> inputs = {}, const Bounds& bounds = {}) {
  CaseRun run{.folder = case_folder(name)};
  declare_ranks(graph, data.read(0, 1, {}).inputs);
  write_onnx(graph, run.folder / "net.onnx");
  run.graph = read_onnx(run.folder / "net.onnx");
  run.report = quantize_file({run.folder / "net.onnx", run.folder / "q.onnx"}, run.graph, data, options, {});
  read_back(run, data, std::move(inputs), bounds);
  run.real = run_graph(run.graph, Arithmetic::float32, run.inputs);
  return run;
}

// Both kinds of weight scales, and how a case's name ends with them.
inline const std::pair<Granularity, const char*> kGranularities[] = {{Granularity::channel, "_channel"}, {Granularity::tensor, "_tensor"}};

inline double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  double most = 0;
  for (std::size_t i = 0; i < a.size(); ++i) most = std::max(most, std::fabs(static_cast<double>(a[i]) - b.at(i)));
  return most;
}

inline onnx::ModelProto read_proto(const std::filesystem::path& path) {
  onnx::ModelProto model;
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(model.ParseFromIstream(&file)) << path;
  return model;
}

inline int count_nodes(const onnx::ModelProto& model, const std::string& type, const std::string& input = "") {
  return static_cast<int>(std::count_if(model.graph().node().begin(), model.graph().node().end(),
                                        [&](const auto& node) { return node.op_type() == type && (input.empty() || node.input(0) == input); }));
}

// Names of the initializers that hold so many elements.
inline std::vector<std::string> initializers_of(const onnx::ModelProto& model, std::int64_t elements) {
  std::vector<std::string> names;
  for (const onnx::TensorProto& tensor : model.graph().initializer()) {
    if (element_count(Shape(tensor.dims().begin(), tensor.dims().end())) == elements) names.push_back(tensor.name());
  }
  return names;
}

}  // namespace halftone::test
