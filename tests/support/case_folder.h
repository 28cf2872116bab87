// Test cases in folders, as ONNX lays out its node tests (case_folder.py writes them):
//     FOLDER/NAME/model.onnx, input_0.pb, ..., output_0.pb, ...
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "formats/onnx/onnx.h"
#include "graph/graph.h"
#include "tensor/tensor.h"

namespace halftone::test {

struct Case {
  Graph graph;
  std::vector<Tensor> inputs, outputs;  // in the graph's order
};

inline std::vector<Tensor> read_tensors(const std::filesystem::path& folder, const std::string& kind) {
  std::vector<Tensor> tensors;
  for (int i = 0;; ++i) {
    const std::filesystem::path path = folder / fmt::format("{}_{}.pb", kind, i);
    if (!std::filesystem::exists(path)) return tensors;
    tensors.push_back(read_onnx_tensor(path));
  }
}

inline Case read_case(const std::filesystem::path& folder) {
  return {read_onnx(folder / "model.onnx"), read_tensors(folder, "input"), read_tensors(folder, "output")};
}

// The cases of a folder, sorted; none when it is missing. Safe before main().
inline std::vector<std::string> case_names(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator(folder, missing)) {
    if (entry.is_directory()) names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

// |got - expected| <= absolute + relative |expected|; NaN equals NaN, an infinity itself.
struct Tolerance {
  double absolute = 0, relative = 0;
  bool allows(double got, double expected) const {
    if (std::isnan(expected) || std::isnan(got)) return std::isnan(expected) && std::isnan(got);
    return got == expected || std::abs(got - expected) <= absolute + relative * std::abs(expected);
  }
};

// How `got` fails to be `expected`, with the first wrong elements, or "". Types and shapes must be equal, and all that is
// not a float to the bit.
inline std::string difference(const Tensor& got, const Tensor& expected, const Tolerance& tolerance) {
  if (got.type() != expected.type() || got.shape() != expected.shape()) {
    return fmt::format("{} {} instead of {} {}", name_of(got.type()), to_string(got.shape()), name_of(expected.type()),
                       to_string(expected.shape()));
  }
  if (!is_float(got.type())) {
    for (std::size_t i = 0; i < got.bytes(); ++i) {
      if (got.data()[i] != expected.data()[i]) {
        return fmt::format("{}: element {} of {} is wrong", name_of(got.type()), i / size_of(got.type()), got.size());
      }
    }
    return "";
  }
  const std::vector<float> a = to_floats(got), b = to_floats(expected);
  std::string listed;
  int wrong = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (tolerance.allows(a[i], b[i])) continue;
    if (++wrong <= 4) listed += fmt::format("; [{}] {} instead of {}", i, a[i], b[i]);
  }
  return wrong == 0 ? "" : fmt::format("{} of {} elements are wrong, shape {}{}", wrong, a.size(), to_string(got.shape()), listed);
}

}  // namespace halftone::test
