// What reductions share.
#pragma once

#include <optional>
#include <vector>

#include "operators/operator.h"

namespace halftone {

// For each axis of the first input: is it reduced? nullopt: the axes are not known yet.
std::optional<std::vector<bool>> reduced_axes(const Call& call);

}  // namespace halftone
