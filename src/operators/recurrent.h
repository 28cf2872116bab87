// What LSTM, GRU and RNN share. X [steps, batch, inputs], W [directions, gates hidden, inputs], R [directions, gates hidden, hidden],
// B [directions, 2 gates hidden]; with layout 1 the batch comes first, also in states and outputs.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "operators/operator.h"

namespace halftone {

struct Recurrence {
  std::int64_t steps = 0, batch = 0, inputs = 0, hidden = 0, directions = 1, gates = 1;
  bool batch_first = false;
  std::vector<bool> backwards;              // of each direction
  std::vector<std::int64_t> lengths;        // steps of each sequence
  std::vector<std::function<double(double)>> activations;   // of each direction, those of its gates one after another
  std::function<const std::vector<double>&(const std::vector<double>&)> state_for_r;  // what R multiplies in place of the state; empty: the state
};

// Checks inputs and attributes; per_direction: activations of a direction with their default names. Lengths are those of the
// fifth input where it is known, else all steps.
Recurrence recurrence_of(const Call& call, std::int64_t gates, const std::vector<std::string>& default_activations);

// Y [steps, directions, batch, hidden], Y_h and, with a cell, Y_c [directions, batch, hidden].
std::vector<TensorSpec> recurrent_shapes(const Recurrence& r, bool has_cell);

// The state before the first step, of one sequence: input `index`, or zeros.
std::vector<double> initial_state(const Call& call, std::size_t index, const Recurrence& r, std::int64_t direction, std::int64_t sequence);

// W x and R h, with their biases, [gates hidden] each.
struct GateSums {
  std::vector<double> input, state;
};

// One step: from the sums, the new state. Called for every sequence and direction in order.
using Step = std::function<void(std::int64_t direction, const GateSums& sums, std::vector<double>& state, std::vector<double>& cell)>;
// Sums of a step that are not linear in the old state (GRU with linear_before_reset 0): R times another vector.
std::vector<double> times_r(const Call& call, const Recurrence& r, std::int64_t direction, std::int64_t gate, const std::vector<double>& vector);

void run_recurrence(const Call& call, const Recurrence& r, bool has_cell, std::span<Tensor> outputs, const Step& step);

double clipped(const Call& call, double x);   // to +-clip, where the node has one

}  // namespace halftone
