// The kinds of SampleSource behind open_samples, and what they share.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "data/dataset.h"
#include "tensor/npy.h"

namespace halftone {

// The samples that --skip and --samples leave of `total`.
struct SampleRange {
  std::int64_t skip = 0, count = 0;
};
SampleRange sample_range(std::int64_t total, const DataOptions& options, const std::string& where);

// The files of a folder that hold the samples, one or a feed each.
class SampleFiles {
 public:
  SampleFiles(std::vector<std::filesystem::path> files, SampleRange range) : files_(std::move(files)), range_(range) {}

  const SampleRange& range() const { return range_; }
  const std::filesystem::path& at(std::int64_t sample) const { return files_[static_cast<std::size_t>(range_.skip + sample)]; }
  std::string name(std::int64_t sample) const { return at(sample).filename().string(); }
  std::vector<std::string> left_out() const;

 private:
  std::vector<std::filesystem::path> files_;
  SampleRange range_;
};

// Files of a folder with one of the extensions (".jpg"; any case), by name in byte order; hidden ones are left out.
std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder, const std::vector<std::string>& extensions);

// Throws UsageError when options are given that only pictures take. `where` names what is no picture.
void check_no_picture_options(const DataOptions& options, const std::string& where);

std::unique_ptr<SampleSource> open_picture_files(std::vector<std::filesystem::path> files, const std::filesystem::path& folder,
                                            const DataOptions& options, const InputSpec& input);
bool holds_pictures(const NpyFile& array, const InputSpec& input);  // uint8 [N, H, W] or [N, H, W, 1 or 3]
std::unique_ptr<SampleSource> open_picture_array(NpyFile array, const DataOptions& options, const InputSpec& input);
// One array an input, in the inputs' order; the first axis counts samples.
std::unique_ptr<SampleSource> open_arrays(std::vector<NpyFile> arrays, const std::string& where, const DataOptions& options,
                                     const std::vector<InputSpec>& inputs);
std::unique_ptr<SampleSource> open_feeds(std::vector<std::filesystem::path> files, const std::filesystem::path& folder,
                                    const DataOptions& options, const std::vector<InputSpec>& inputs);

}  // namespace halftone
