// Sequences of tensors dissolve when a file is read.
#pragma once

#include "graph/graph.h"

namespace halftone {

// Rewrites what makes and reads sequences into operators on tensors: SequenceAt becomes an Identity of the element,
// ConcatFromSequence a Concat, SplitToSequence a Split. Where a length or a position is not known in the file, the nodes stay,
// and are refused as operators that are not supported.
void dissolve_sequences(Graph& graph);

}  // namespace halftone
