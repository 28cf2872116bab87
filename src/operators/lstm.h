// LSTM: gates i, o, f and the new content c (recurrent.h): C = f C + i c, h = o tanh(C); peepholes P add P . C to the gates.
#pragma once

#include "operators/recurrent.h"

namespace halftone {

Recurrence lstm_of(const Call& call);
void compute_lstm(const Call& call, const Recurrence& r, std::span<Tensor> outputs);

}  // namespace halftone
