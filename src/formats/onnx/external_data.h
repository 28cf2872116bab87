// Tensors whose bytes lie in files beside the model (TensorProto.data_location EXTERNAL): keys location, offset and length;
// others, the checksum too, are ignored. Files are mapped, so only what is asked for is read.
//
// A model comes from anywhere: it may name files below its own folder only, and links there must stay in it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"
#include "formats/onnx/onnx.h"
#include "onnx-ml.pb.h"

namespace halftone {

class ExternalData {
 public:
  explicit ExternalData(ModelFiles files) : files_(std::move(files)) {}

  // The bytes of a tensor that takes `expected`; they live as long as this object. `what` names the tensor and the model's
  // file. Throws Error: a place outside the model's folder, a missing file, an offset or a length that is no number, is
  // negative, does not fit the tensor or reaches beyond the file's end.
  std::span<const std::byte> bytes_of(const onnx::TensorProto& tensor, std::int64_t expected, const std::string& what);

  // The files that were read so far.
  std::vector<std::filesystem::path> read_files() const;

 private:
  const MappedFile& file_at(const std::string& location, const std::string& what);

  ModelFiles files_;
  std::map<std::string, std::pair<std::filesystem::path, std::unique_ptr<MappedFile>>> mapped_;  // by location
};

// Gives all large tensors of the graph, of its nodes and bodies too, to `append`, one after the other, and leaves in their place
// where they lie in the file `data_name`.
void move_weights_out(onnx::GraphProto& graph, const std::string& data_name, const Append& append);

}  // namespace halftone
