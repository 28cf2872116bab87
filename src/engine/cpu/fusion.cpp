#include "engine/cpu/fusion.h"

#include <algorithm>
#include <cmath>

namespace halftone::cpu {
namespace {

// The other operand of an Add that reads `id` once; none where it cannot be fused.
ValueId residual_of(const Node& add, ValueId id, const PlanBuilder& plan) {
  if (add.type != "Add" || add.inputs.size() != 2 || add.inputs[0] == add.inputs[1]) return ValueId::none;
  const ValueId other = add.inputs[0] == id ? add.inputs[1] : add.inputs[0];
  const bool fits = plan.shape(other) == plan.shape(id) && plan.shape(add.output()) == plan.shape(id);
  return fits && plan.type(other) == DataType::float32 && plan.is_ready(other) ? other : ValueId::none;
}

}  // namespace

Tail find_tail(const Node& node, const PlanBuilder& plan, bool with_add) {
  Tail tail;
  tail.output = node.output();
  if (!plan.is_hidden(tail.output)) return tail;
  const Node* next = plan.graph().only_reader(tail.output);
  if (with_add) {
    tail.addend = residual_of(*next, tail.output, plan);
    if (tail.addend != ValueId::none) {
      tail.swallowed.push_back(next->id);
      tail.output = next->output();
      if (!plan.is_hidden(tail.output)) return tail;
      next = plan.graph().only_reader(tail.output);
    }
  }
  if (const std::optional<Clamp> clamp = clamp_of(plan.graph(), *next); clamp && next->input(0) == tail.output) {
    tail.clamp = *clamp;
    tail.swallowed.push_back(next->id);
    tail.output = next->output();
  }
  return tail;
}

Clamp clamp_on_grid(const Clamp& real, const CodeGrid& grid) {
  const auto code = [&](float bound, float otherwise) {
    return std::isfinite(bound) ? std::clamp(std::nearbyint(bound / grid.scale), grid.low, grid.high) : otherwise;
  };
  return {code(real.low, grid.low), code(real.high, grid.high)};
}

}  // namespace halftone::cpu
