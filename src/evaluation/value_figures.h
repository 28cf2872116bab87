// How far each value on a grid is from the float network's: on a few samples, one at a time.
#pragma once

#include <map>

#include "data/dataset.h"
#include "engine/session.h"

namespace halftone {

// SQNR in dB of every value with a grid: simulated (with all quantization before it) against float, over the first
// `samples` samples; of constants, the dequantized codes against the numbers. Missing: identical, or not comparable.
// `real` is the float network, whose values have the same names.
std::map<ValueId, double> value_sqnr(const Graph& real, const Graph& quantized, const Dataset& data, std::int64_t samples, const Job& job);

}  // namespace halftone
