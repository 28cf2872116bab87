// Operators with bodies: graphs as attributes. The engine runs them; here stand their forms.
#pragma once

#include <memory>

#include "operators/operator.h"

namespace halftone {

// The body that an attribute holds. Throws Error where it is absent.
const Graph& body_of(const Node& node, const std::string& attribute);

}  // namespace halftone
