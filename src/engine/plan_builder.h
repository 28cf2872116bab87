// Makes a Plan: walks the graph in order, asks engine/cpu's lists for an implementation of each node, and keeps the
// books of shapes, forms, buffers and lifetimes meanwhile.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/plan.h"
#include "kernels/quantize.h"
#include "operators/operator.h"

namespace halftone {

class PlanBuilder {
 public:
  PlanBuilder(const Graph& graph, Arithmetic arithmetic, int threads, const std::set<ValueId>& taps);

  // Of the nodes that are not done yet, those that can be planned. Throws Error naming the node for shapes that ONNX does not
  // allow.
  std::unique_ptr<Plan> build(std::span<const PlannedInput> inputs, const Computed& before);

  // --- what implementations ask ---
  const Graph& graph() const { return graph_; }
  int threads() const { return threads_; }
  bool simulated() const { return arithmetic_ == Arithmetic::simulated; }
  const Shape& shape(ValueId id) const { return specs_.at(id).shape; }
  DataType type(ValueId id) const { return specs_.at(id).type; }
  const Tensor* known(ValueId id) const;       // contents known while planning, else null
  Call call(const Node& node) const;           // with known contents; valid until the next call()
  const Encoding* grid(ValueId id) const;      // the value's grid in simulated arithmetic, else null
  // May vanish inside a fusion: one reader, no grid, no graph output, no tap. A tap does not keep what is computed from
  // codes: writing it out would round at another place and change what the simulated network computes.
  bool is_hidden(ValueId id) const;
  bool is_ready(ValueId id) const;             // computed by the steps planned so far, or known
  bool keeps_codes(const Node& node) const;    // first input and output hold the same grid: codes pass through
  Form stored_form(ValueId id, Form form) const;  // the form as it is stored: channels_last where it means the same becomes plain

  // --- what implementations say ---
  BufferRef input(ValueId id, Form form);      // where its contents lie in that form; adds conversion steps as needed
  BufferRef output(ValueId id, Form form);     // memory for it; with a grid and form.codes false it is quantized after the step
  BufferRef scratch(std::size_t bytes);        // for the step alone, or until the last step that reads() it
  void reads(BufferRef buffer) { pending_reads_.push_back(buffer); }
  void alias(ValueId id, BufferRef buffer, Form form);  // `id` is the same memory
  void may_overwrite(BufferRef from, BufferRef to);     // the next step can write `to` where it read `from`
  void swallow(NodeId id) { done_.insert(id); }         // a node that a fusion computes
  void add_step(std::unique_ptr<Step> step);   // reads and writes what was asked for since the last step
  void report(std::string implementation) { report_.implementation = std::move(implementation); }

 private:
  struct Stored {
    Form form;
    BufferRef buffer;
  };
  struct PendingQuantize {
    ValueId value;
    BufferRef real;
    Layout layout;
  };

  void infer(const Node& node);
  std::string inputs_in_words(const Node& node) const;  // names, types and shapes, for messages
  bool is_later(const Node& node) const;       // it reads what this plan does not make
  void plan_node(const Node& node);
  void plan_inputs(std::span<const PlannedInput> inputs);
  std::vector<ValueId> wanted_later() const;
  void plan_outputs();
  void place_taps();                           // of the values made since the last call

  BufferRef new_buffer(std::size_t bytes);
  BufferRef constant_buffer(const Tensor& tensor);
  std::size_t bytes_of(ValueId id) const;
  const Stored* stored(ValueId id, Form form) const;
  BufferRef convert(ValueId id, const Stored& from, Form to);
  BufferRef constant_input(ValueId id, Form form);
  void push(std::unique_ptr<Step> step, std::span<const BufferRef> reads, std::span<const BufferRef> writes);
  void use(BufferRef buffer, int step);

  const Graph& graph_;
  const Arithmetic arithmetic_;
  const int threads_;
  const std::set<ValueId>& taps_;

  std::unique_ptr<Plan> plan_;
  std::map<ValueId, TensorSpec> specs_;
  std::map<ValueId, Tensor> known_;
  std::map<ValueId, std::vector<Stored>> stored_;
  std::set<NodeId> done_, later_;
  std::vector<BufferRef> pending_reads_, pending_writes_;
  std::vector<PendingQuantize> pending_quantize_;
  std::vector<Takeover> takeovers_;
  std::vector<ValueId> fresh_;
  StepReport report_;
  mutable std::vector<Operand> operands_;
};

// Logical shape -> [batch, channels, positions] for channels-last conversion; rank >= 3.
struct LayoutExtent {
  std::int64_t batch = 1, channels = 1, positions = 1;
};
LayoutExtent layout_extent(const Shape& shape);

}  // namespace halftone
