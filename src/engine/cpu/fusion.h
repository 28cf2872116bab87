// What a layer or an Add may compute besides itself: a residual Add and a clamp behind it.
#pragma once

#include "engine/plan_builder.h"
#include "operators/clamp.h"

namespace halftone::cpu {

struct Tail {
  ValueId output = ValueId::none;   // what the fused step writes
  ValueId addend = ValueId::none;   // residual, of the output's shape, already computed; or none
  Clamp clamp;
  std::vector<NodeId> swallowed;
};

// Follows the node's output through hidden values. `with_add`: a residual Add may be fused (real arithmetic only).
Tail find_tail(const Node& node, const PlanBuilder& plan, bool with_add);

// Clamp bounds in centred codes of a grid: the codes of the bounds, inside the grid.
Clamp clamp_on_grid(const Clamp& real, const CodeGrid& grid);

}  // namespace halftone::cpu
