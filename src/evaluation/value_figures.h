// How far each value on a grid is from the float network's: on a few samples, one at a time.
#pragma once

#include <map>

#include "data/dataset.h"
#include "engine/session.h"

namespace halftone {

// SQNR in dB of every activation with a grid: simulated (with all quantization before it) against float, over the first
// `samples` samples. Missing: identical, or not comparable. `real` is the float network, whose values have the same names.
std::map<ValueId, double> value_sqnr(const Graph& real, const Graph& quantized, const SampleSource& data, std::int64_t samples, const Job& job);

// SQNR in dB of every constant with a grid: its numbers rounded to the grid against the numbers. Missing: identical.
std::map<ValueId, double> constant_sqnr(const Graph& graph);

}  // namespace halftone
