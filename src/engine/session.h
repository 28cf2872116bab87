// A Graph, ready to run: plans are made for concrete input shapes on the first call and cached.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/job.h"
#include "graph/graph.h"
#include "tensor/tensor.h"

namespace halftone {

// How values are computed. float32: encodings are ignored. simulated: on codes (DESIGN idea 5).
enum class Arithmetic { float32, simulated };

// What a tap sees: a Value's contents right after they were computed, valid during the call only.
struct TapView {
  ValueId value = ValueId::none;
  const float* data = nullptr;
  Shape shape;                    // logical
  bool channels_last = false;     // stored with axis 1 innermost (rank >= 3)
  const Encoding* codes = nullptr;  // data holds x_int - zero_point on this grid; null: real numbers
};
using Tap = std::function<void(const TapView&)>;

// Which implementation a node got, and why the faster ones declined.
struct StepReport {
  std::string node, implementation, declined;
};

class Session {
 public:
  // Copies the graph (cheap: tensors are shared). `taps`: float Values that on_tap will see; in simulated arithmetic not
  // those that a layer rounds over (between it and its fused clamp). threads >= 1.
  Session(const Graph& graph, Arithmetic arithmetic, int threads, std::vector<ValueId> taps = {});
  ~Session();
  Session(Session&&) noexcept;

  // Inputs in the order of graph.inputs(), outputs in that of graph.outputs(). Throws Error for a wrong type or shape,
  // naming the input. Same inputs, same bytes out, with any number of threads.
  std::vector<Tensor> run(std::span<const Tensor> inputs, const Tap& on_tap = nullptr);

  // The same from values as taps of another session saw them: on this graph's grids as codes, or real ones. Their `data` are
  // not read: fill(i, to) writes those of input i, of its element type.
  using Fill = std::function<void(std::size_t input, float* to)>;
  std::vector<Tensor> run(std::span<const TapView> inputs, const Fill& fill, const Tap& on_tap = nullptr);

  // The steps of the plan for these input shapes.
  std::vector<StepReport> explain(std::span<const Shape> input_shapes);

  // Bytes that the values of one run with these input shapes need.
  std::size_t value_bytes(std::span<const Shape> input_shapes);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace halftone
