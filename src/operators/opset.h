// Raising a graph to a later opset: nodes whose form has changed since are rewritten, their meaning stays.
#pragma once

#include "graph/graph.h"

namespace halftone {

// Makes a file of at least opset `version` (of ONNX's own domain) of the graph: attributes that became inputs move, and the
// IR version follows. Does nothing where the opset is as late already. Throws Error that names a node whose meaning the later
// opset cannot state.
void raise_opset(Graph& graph, int version);

// The same where nodes of several opsets stand together, as those of inlined functions do: up to the latest of them. Nodes of
// unknown operators stay as they are.
void raise_to_one_opset(Graph& graph);

}  // namespace halftone
