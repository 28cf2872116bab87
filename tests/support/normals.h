// Normally distributed numbers, the same ones for the same seed.
#pragma once

#include <vector>

#include "base/random.h"

namespace halftone::test {

inline std::vector<float> normals(std::int64_t count, std::uint64_t seed) {
  const Random random(seed, "normals");
  std::vector<float> values;
  for (std::int64_t i = 0; i < count; ++i) values.push_back(static_cast<float>(random.normal(static_cast<std::uint64_t>(i))));
  return values;
}

}  // namespace halftone::test
