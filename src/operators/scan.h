// Scan's attributes.
#pragma once

#include "operators/operator.h"

namespace halftone {

struct Scanned {
  std::int64_t axis = 0;
  bool backwards = false;
};

struct ScanSpec {
  std::size_t states = 0;
  std::vector<Scanned> inputs, outputs;   // after the states
  bool batched = false;                   // opset 8: a batch axis in front of everything, after an optional input of lengths
};
ScanSpec scan_spec(const Node& node);     // throws Error where the body does not fit

}  // namespace halftone
