// What a graph holds, counted: for `inspect`.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "graph/graph.h"

namespace halftone {

struct UnsupportedNode {
  std::string name, type;
  int version = 0;
};

struct GraphFacts {
  std::int64_t nodes = 0, parameters = 0;       // parameters: elements of floating-point constants that nodes read
  std::int64_t quantizers = 0;                  // values with an Encoding
  std::map<std::string, std::int64_t> operators;  // type -> count
  std::vector<UnsupportedNode> unsupported;
};

GraphFacts facts_of(const Graph& graph);

}  // namespace halftone
