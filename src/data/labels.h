// The right answers to a SampleSource's samples: a class each, or a picture of classes each.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "data/dataset.h"
#include "tensor/tensor.h"

namespace halftone {

class Labels {
 public:
  // One class a sample, in the SampleSource's order.
  explicit Labels(std::vector<std::int64_t> classes) : classes_(std::move(classes)) {}
  // One label picture a sample, read when asked for.
  explicit Labels(std::vector<std::filesystem::path> pictures) : pictures_(std::move(pictures)) {}

  std::int64_t size() const { return static_cast<std::int64_t>(classes_.size() + pictures_.size()); }
  bool is_pictures() const { return !pictures_.empty(); }

  const std::vector<std::int64_t>& classes() const { return classes_; }  // empty where is_pictures()
  std::int64_t class_of(std::int64_t sample) const;                      // not where is_pictures()
  // uint8 [height, width] of the picture's own size. Throws Error naming the file. Only where is_pictures().
  Tensor picture(std::int64_t sample) const;

 private:
  std::vector<std::int64_t> classes_;
  std::vector<std::filesystem::path> pictures_;
};

// Opens L of the command line: a CSV of lines `file,class` (that header may stand first), matched by file name; an .npy
// of integer classes by position, of all samples before --skip and --samples; or a folder of 8-bit PNG label pictures
// named like the samples. Throws Error: a sample without a label, a label whose file is not in the data (both counted,
// the first named), two classes for one file, a class that is no integer of 0 or more (-1 is taken, for --ignore-label).
Labels open_labels(const std::filesystem::path& path, const SampleSource& dataset);

}  // namespace halftone
