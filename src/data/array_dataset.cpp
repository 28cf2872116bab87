// Arrays and feeds as a SampleSource: fed as they are, in the model's own layout.
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "data/dataset_kinds.h"
#include "data/model_input.h"
#include "tensor/npz.h"

namespace halftone {
namespace fs = std::filesystem;
namespace {

class Arrays : public SampleSource {
 public:
  Arrays(std::vector<NpyFile> arrays, SampleRange range, std::vector<InputSpec> inputs)
      : arrays_(std::move(arrays)), range_(range), inputs_(std::move(inputs)) {}

  std::int64_t size() const override { return range_.count; }
  std::int64_t skipped() const override { return range_.skip; }
  std::string name(std::int64_t sample) const override { return fmt::format("sample {}", range_.skip + sample); }

  Batch read(std::int64_t first, std::int64_t count, const Job&) const override {
    HALFTONE_CHECK(first >= 0 && count >= 0 && first + count <= size());
    Batch batch{.first = first, .count = count};
    for (std::size_t i = 0; i < arrays_.size(); ++i) {
      const Tensor rows = arrays_[i].read_rows(range_.skip + first, count);
      batch.inputs.push_back(fit_type(rows, inputs_[i], arrays_[i].where()));
    }
    return batch;
  }

 private:
  std::vector<NpyFile> arrays_;
  SampleRange range_;
  std::vector<InputSpec> inputs_;
};

class Feeds : public SampleSource {
 public:
  Feeds(SampleFiles files, std::vector<InputSpec> inputs)
      : files_(std::move(files)), inputs_(std::move(inputs)) {}

  std::int64_t size() const override { return files_.range().count; }
  std::int64_t skipped() const override { return files_.range().skip; }
  bool is_feeds() const override { return true; }
  bool has_file_names() const override { return true; }
  std::string name(std::int64_t sample) const override { return files_.name(sample); }
  std::vector<std::string> left_out() const override { return files_.left_out(); }

  Batch read(std::int64_t first, std::int64_t count, const Job&) const override {
    HALFTONE_CHECK(first >= 0 && count == 1 && first < size());
    const fs::path& path = files_.at(first);
    const NpzFile feed(path);
    Batch batch{.first = first, .count = count};
    for (const InputSpec& input : inputs_) {
      if (!feed.has(input.name)) {
        throw Error("{}: holds no array for the model's {}; it holds {}", path.string(), describe(input),
                    feed.names().empty() ? "nothing" : quoted_list(feed.names()));
      }
      const NpyFile array = feed.open(input.name);
      check_shape(array.shape(), input, 0, array.where());
      batch.inputs.push_back(fit_type(array.read(), input, array.where()));
    }
    return batch;
  }

 private:
  SampleFiles files_;
  std::vector<InputSpec> inputs_;
};

}  // namespace

std::unique_ptr<SampleSource> open_arrays(std::vector<NpyFile> arrays, const std::string& where, const DataOptions& options,
                                     const std::vector<InputSpec>& inputs) {
  check_no_picture_options(options, where);
  const std::int64_t total = arrays[0].rows();
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    const NpyFile& array = arrays[i];
    check_type(array.type(), inputs[i], array.where());
    check_shape(array.shape(), inputs[i], 1, array.where());
    if (array.rows() != total) {
      throw Error("{}: '{}' has {} samples, but '{}' has {}; the first axes must agree", where, inputs[i].name,
                  array.rows(), inputs[0].name, total);
    }
  }
  return std::make_unique<Arrays>(std::move(arrays), sample_range(total, options, where), inputs);
}

std::unique_ptr<SampleSource> open_feeds(std::vector<fs::path> files, const fs::path& folder, const DataOptions& options,
                                    const std::vector<InputSpec>& inputs) {
  check_no_picture_options(options, folder.string());
  const SampleRange range = sample_range(static_cast<std::int64_t>(files.size()), options, folder.string());
  return std::make_unique<Feeds>(SampleFiles(std::move(files), range), inputs);
}

}  // namespace halftone
