// Samples for a model: folders of pictures, arrays, files of feeds -> batches of input tensors.
//
// Samples are streamed: nothing is kept that grows with their number, but what DataOptions::keep_bytes allows. Picture decoding,
// cropping and resizing run on all threads of the Job.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/job.h"
#include "graph/graph.h"
#include "tensor/tensor.h"

namespace halftone {

enum class Interpolation { bilinear, bicubic, nearest };
enum class ColorOrder { rgb, bgr, grey };

// The DATA flags of the command line (DESIGN, contracts).
struct DataOptions {
  std::optional<std::int64_t> samples;     // the first N after skipping; null: all
  std::int64_t skip = 0;
  std::optional<std::int64_t> height, width;  // --size (N: both); null: the model's own
  double crop_fraction = 1;                // 0 < F <= 1: of the largest centred rectangle of the network's shape
  Interpolation interpolation = Interpolation::bilinear;
  ColorOrder color = ColorOrder::rgb;
  std::vector<float> mean, std;            // on the 0..255 scale: one number or one a channel; empty: 0 and 1
  std::uint64_t keep_bytes = 0;            // no flag: of decoded and resized pictures, for a caller that reads them several times
};

// What a model's input looks like, for matching arrays and laying out pictures.
struct InputSpec {
  std::string name;
  DataType type = DataType::float32;
  std::vector<Dimension> dims;  // as declared; empty where the file says nothing
};
std::vector<InputSpec> input_specs(const Graph& graph);

// One batch: a tensor for each of the model's inputs, in their order, with `count` samples along axis 0 (or one whole
// feed where the set is a folder of .npz feeds).
struct Batch {
  std::vector<Tensor> inputs;
  std::int64_t first = 0;   // index of its first sample after skipping
  std::int64_t count = 0;   // samples in it
  bool filled_up = false;   // rows behind `count` are copies that fill up a model's fixed batch (evaluation/batches.h)
};

class SampleSource {
 public:
  virtual ~SampleSource() = default;
  virtual std::int64_t size() const = 0;  // samples, after --skip and --samples
  virtual bool is_feeds() const { return false; }  // a folder of .npz: read one at a time, shapes may differ
  virtual std::string name(std::int64_t sample) const = 0;  // file name, or "sample 17": for messages and labels
  // Samples that --skip passed over: labels by position begin there.
  virtual std::int64_t skipped() const { return 0; }
  // Whether name() is a file's name, and the names of those files that --skip and --samples leave out.
  virtual bool has_file_names() const { return false; }
  virtual std::vector<std::string> left_out() const { return {}; }
  // Bytes that it keeps at most between reads.
  virtual std::uint64_t kept_bytes() const { return 0; }
  // Samples [first, first + count). Throws Error naming the file or sample. count is 1 where is_feeds(). One call at a time.
  virtual Batch read(std::int64_t first, std::int64_t count, const Job& job) const = 0;
};

// Opens D of the command line (DESIGN: a folder of JPEG/PNG, an .npy, an .npz, a folder of .npy named like the inputs, a
// folder of .npz feeds). Throws Error: missing, empty, unreadable, or not what the inputs need.
std::unique_ptr<SampleSource> open_samples(const std::filesystem::path& path, const DataOptions& options,
                                      const std::vector<InputSpec>& inputs);

}  // namespace halftone
