// Pictures as a SampleSource: files of a folder, or a uint8 array.
#include <algorithm>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/parallel.h"
#include "data/dataset_kinds.h"
#include "data/picture.h"
#include "data/picture_input.h"

namespace halftone {
namespace fs = std::filesystem;
namespace {

class PictureFiles : public SampleSource {
 public:
  PictureFiles(SampleFiles files, PictureInput input, std::uint64_t keep_bytes)
      : files_(std::move(files)), input_(std::move(input)),
        kept_(std::min(static_cast<std::size_t>(files_.range().count), static_cast<std::size_t>(keep_bytes) / input_.fitted_bytes())) {}

  std::int64_t size() const override { return files_.range().count; }
  std::int64_t skipped() const override { return files_.range().skip; }
  bool has_file_names() const override { return true; }
  std::string name(std::int64_t sample) const override { return files_.name(sample); }
  std::vector<std::string> left_out() const override { return files_.left_out(); }

  std::uint64_t kept_bytes() const override { return kept_.size() * input_.fitted_bytes(); }

  Batch read(std::int64_t first, std::int64_t count, const Job& job) const override {
    HALFTONE_CHECK(first >= 0 && count >= 0 && first + count <= size());
    Tensor batch = input_.make_batch(count);
    std::byte* out = batch.mutable_data();
    parallel_for(count, job.threads, [&](std::int64_t i) {
      job.throw_if_cancelled();
      const auto sample = static_cast<std::size_t>(first + i);
      if (sample >= kept_.size()) return input_.place(read_picture(files_.at(first + i)), out, i);
      if (kept_[sample].pixels.empty()) kept_[sample] = input_.fitted(read_picture(files_.at(first + i)));
      input_.place_fitted(kept_[sample], out, i);
    });
    return {{std::move(batch)}, first, count};
  }

 private:
  SampleFiles files_;
  PictureInput input_;
  mutable std::vector<Picture> kept_;  // of the first samples: empty until they are read
};

class PictureArray : public SampleSource {
 public:
  PictureArray(NpyFile array, SampleRange range, PictureInput input)
      : array_(std::move(array)), range_(range), input_(std::move(input)) {}

  std::int64_t size() const override { return range_.count; }
  std::int64_t skipped() const override { return range_.skip; }
  std::string name(std::int64_t sample) const override { return fmt::format("sample {}", range_.skip + sample); }

  Batch read(std::int64_t first, std::int64_t count, const Job& job) const override {
    HALFTONE_CHECK(first >= 0 && count >= 0 && first + count <= size());
    Tensor batch = input_.make_batch(count);
    std::byte* out = batch.mutable_data();
    const Tensor rows = array_.read_rows(range_.skip + first, count);
    const Shape& shape = rows.shape();
    const std::int64_t channels = shape.size() == 4 ? shape[3] : 1, bytes = shape[1] * shape[2] * channels;
    const std::uint8_t* pixels = rows.values<std::uint8_t>().data();
    parallel_for(count, job.threads, [&](std::int64_t i) {
      input_.place(PictureView(pixels + i * bytes, shape[1], shape[2], channels), out, i);
    });
    return {{std::move(batch)}, first, count};
  }

 private:
  NpyFile array_;
  SampleRange range_;
  PictureInput input_;
};

// The options with the pictures' own size, where neither --size nor the model says one.
DataOptions with_own_size(DataOptions options, const Shape& shape, const InputSpec& input) {
  if (leaves_size_open(input) && !options.height && !options.width && options.crop_fraction == 1) {
    options.height = shape[1];
    options.width = shape[2];
  }
  return options;
}

}  // namespace

std::unique_ptr<SampleSource> open_picture_files(std::vector<fs::path> files, const fs::path& folder,
                                            const DataOptions& options, const InputSpec& input) {
  const SampleRange range = sample_range(static_cast<std::int64_t>(files.size()), options, folder.string());
  return std::make_unique<PictureFiles>(SampleFiles(std::move(files), range), PictureInput(options, input), options.keep_bytes);
}

bool holds_pictures(const NpyFile& array, const InputSpec& input) {
  const Shape& shape = array.shape();
  const bool input_takes_them = input.dims.empty() || input.dims.size() == 4;
  const bool channels_fit = shape.size() == 3 || (shape.size() == 4 && (shape[3] == 1 || shape[3] == 3));
  return array.type() == DataType::uint8 && input_takes_them && channels_fit;
}

std::unique_ptr<SampleSource> open_picture_array(NpyFile array, const DataOptions& options, const InputSpec& input) {
  const Shape& shape = array.shape();
  const SampleRange range = sample_range(shape[0], options, array.where());
  if (shape[1] < 1 || shape[2] < 1 || shape[1] > kMostPixels / shape[2]) {
    throw Error("{}: holds pictures of {} x {} (shape {}), which cannot be used", array.where(), shape[1], shape[2],
                to_string(shape));
  }
  PictureInput placed(with_own_size(options, shape, input), input);
  return std::make_unique<PictureArray>(std::move(array), range, std::move(placed));
}

}  // namespace halftone
