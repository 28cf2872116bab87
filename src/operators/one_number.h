// Inputs that hold one number: lengths, thresholds, axes.
#pragma once

#include "operators/operator.h"

namespace halftone {

// The input, when present, has one element; whether it is known.
inline bool knows_one_number(const Call& call, std::size_t i) {
  if (!call.has(i)) return true;
  if (element_count(call.input(i).shape) != 1) throw Error("input {} is {}; it must be one number", i, to_string(call.input(i).shape));
  return call.input(i).value != nullptr;
}

}  // namespace halftone
