// The lists of implementations: how a kind of operator runs on a CPU, best first, the reference last.
//
// A fast path: one function `prepare_...` and one line in lists.cpp. An entry declines with a reason, which
// Session::explain reports.
#pragma once

#include <span>
#include <string_view>

#include "engine/plan_builder.h"

namespace halftone::cpu {

struct Implementation {
  const char* name;
  // Null: it applies. Otherwise why not.
  const char* (*declines)(const Node& node, const PlanBuilder& plan);
  // Asks the builder for inputs, outputs and scratch, adds the steps. Primitives and reordered weights are made here.
  void (*prepare)(const Node& node, PlanBuilder& plan);
};

// The list for a node's type, read top down; the last entry always applies.
std::span<const Implementation> implementations_of(std::string_view type);

}  // namespace halftone::cpu
