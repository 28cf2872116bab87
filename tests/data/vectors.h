// The vectors of make_vectors.py, and model inputs for tests.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "data/dataset.h"
#include "data/picture.h"
#include "tensor/npz.h"

namespace halftone::test {

inline const std::filesystem::path kVectors = std::filesystem::path(HALFTONE_SOURCE_DIR) / "tests/data/vectors";

// shared/data, which not every machine has.
inline std::filesystem::path shared_data() {
  const char* named = std::getenv("HALFTONE_DATA");
  return named != nullptr ? std::filesystem::path(named) : std::filesystem::path(HALFTONE_SOURCE_DIR) / "../shared/data";
}

inline InputSpec input(const std::string& name, DataType type, const std::vector<std::int64_t>& sizes) {
  InputSpec spec{name, type, {}};
  for (const std::int64_t size : sizes) spec.dims.push_back({size, size < 0 ? "N" : ""});
  return spec;
}

inline Picture picture_of(const Tensor& pixels) {  // uint8 [H, W, C]
  const auto values = pixels.values<std::uint8_t>();
  return {pixels.shape()[0], pixels.shape()[1], pixels.rank() == 3 ? pixels.shape()[2] : 1, {values.begin(), values.end()}};
}

}  // namespace halftone::test
