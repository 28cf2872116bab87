// Model-local functions (ModelProto.functions): operators that the file itself defines, as nodes.
#pragma once

#include <map>
#include <string>
#include <unordered_map>

#include "onnx-ml.pb.h"

namespace halftone {

// The opsets of a function's nodes, where they are not the model's: domain -> version.
using FunctionOpsets = std::unordered_map<const onnx::NodeProto*, std::map<std::string, std::int64_t>>;

// Puts the nodes of the functions in place of the nodes that call them, in the graph and its bodies, until none calls one, and
// drops the functions. Attributes that the function's nodes take from the call (ref_attr_name) get the call's values or the
// function's defaults. Values and nodes of a call are named "<call>/<name>", made unique. `what` names the file in messages.
// Throws Error: a function that calls itself, through others too; one that is defined twice; a call with more inputs or
// outputs than it has; more nodes than a file could sensibly mean.
FunctionOpsets inline_functions(onnx::ModelProto& model, const std::string& what);

// Throws Error for a version of a domain that cannot be, and for one of ONNX's own that is later than we know.
void check_opset(const std::string& domain, std::int64_t version, const std::string& what);

// The one name of ONNX's own domain.
inline std::string domain_of(const std::string& domain) { return domain == "ai.onnx" ? "" : domain; }

}  // namespace halftone
