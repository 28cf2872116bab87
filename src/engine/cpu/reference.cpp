// The operator's own definition as an implementation: plain layout, real numbers.
#include "engine/cpu/lists.h"

namespace halftone::cpu {
namespace {

class ReferenceStep : public Step {
 public:
  struct Argument {
    Operand operand;      // value: contents known while planning, else null
    BufferRef buffer;     // where they lie otherwise
    Tensor known;
  };
  struct Result {
    TensorSpec spec;
    BufferRef buffer;
  };

  ReferenceStep(const Node& node, const Operator& op, std::vector<Argument> arguments, std::vector<Result> results)
      : node_(node), op_(op), arguments_(std::move(arguments)), results_(std::move(results)) {}

  void run(const Frame& frame) override {
    std::vector<Tensor> inputs(arguments_.size());
    std::vector<Operand> operands;
    for (std::size_t i = 0; i < arguments_.size(); ++i) {
      const Argument& argument = arguments_[i];
      Operand operand = argument.operand;
      if (operand.present) {
        inputs[i] = argument.buffer.valid()
                        ? Tensor::borrow(operand.type, operand.shape, const_cast<std::byte*>(frame.read<std::byte>(argument.buffer)))
                        : argument.known;
        operand.value = &inputs[i];
      }
      operands.push_back(operand);
    }
    std::vector<Tensor> outputs;
    for (const Result& result : results_) {
      outputs.push_back(result.buffer.valid() ? Tensor::borrow(result.spec.type, result.spec.shape, frame.write<std::byte>(result.buffer))
                                              : Tensor(result.spec.type, result.spec.shape));
    }
    compute(op_, {node_, operands}, outputs);
  }

 private:
  Node node_;
  const Operator& op_;
  std::vector<Argument> arguments_;
  std::vector<Result> results_;
};

}  // namespace

const char* never_declines(const Node&, const PlanBuilder&) { return nullptr; }

void prepare_reference(const Node& node, PlanBuilder& plan) {
  const Operator* op = find_operator(node);
  std::vector<ReferenceStep::Argument> arguments;
  for (ValueId id : node.inputs) {
    ReferenceStep::Argument argument;
    if (id != ValueId::none) {
      argument.operand = {true, plan.type(id), plan.shape(id), nullptr};
      if (const Tensor* known = plan.known(id)) argument.known = *known;
      else argument.buffer = plan.input(id, {});
    }
    arguments.push_back(std::move(argument));
  }
  const std::vector<TensorSpec> specs = *shapes_of(*op, plan.call(node));
  std::vector<ReferenceStep::Result> results;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const ValueId id = node.output(i);
    results.push_back({specs[i], id == ValueId::none ? BufferRef{} : plan.output(id, {})});
  }
  plan.add_step(std::make_unique<ReferenceStep>(node, *op, std::move(arguments), std::move(results)));
}

}  // namespace halftone::cpu
