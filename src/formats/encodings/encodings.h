// AIMET encodings: a JSON file that says, by name, on which grid each value of a network lies. Versions 0.6.1, 1.0.0 and
// 2.0.0; docs/encodings.md maps their fields to Encoding. The JSON library never leaves encodings.cpp.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "graph/graph.h"

namespace halftone {

enum class EncodingsVersion { v2_0_0, v1_0_0, v0_6_1 };

// What a file says of one value. offset is that of the lowest code: real = scale (k + offset), k = 0, 1, 2, ...
struct EncodingsEntry {
  std::string name;
  bool is_parameter = false;         // a weight or bias; 2.0.0 does not say
  bool is_float = false;             // computed in floating point: no grid
  int bits = 32;
  std::optional<bool> is_signed;     // of the codes; 0.6.1 and 1.0.0 do not say
  bool symmetric = false;            // 2.0.0 does not say
  std::optional<int> axis;           // of the channels; 0.6.1 and 1.0.0 do not say
  bool per_channel = false;
  std::vector<float> scale;          // one, or one a channel
  std::vector<std::int64_t> offset;  // as many

  bool operator==(const EncodingsEntry&) const = default;
};

struct EncodingsFile {
  std::string path;
  EncodingsVersion version = EncodingsVersion::v2_0_0;
  std::vector<EncodingsEntry> entries;
};

const char* name_of(EncodingsVersion version);                 // "2.0.0"
EncodingsVersion encodings_version(const std::string& name);   // throws UsageError

// Throws Error: missing, no JSON, no version of ours, a field that is missing or of a wrong kind, blocks, two entries of a name.
EncodingsFile read_encodings(const std::filesystem::path& path);

// Throws Error (unwritable, disk full).
void write_encodings(const std::vector<EncodingsEntry>& entries, EncodingsVersion version, const std::filesystem::path& path);

// An entry for every float32 value of the graph, in the order of computation: its grid; the derived int32 grid of a bias;
// or that it is float. All grids must be complete.
std::vector<EncodingsEntry> encodings_of(const Graph& graph);

// The grid of a value; where the value itself has none, that of the clamp which fuses into its producer: a runtime that
// puts the producer's result on the clamp's grid computes the same.
const Encoding* grid_with_clamp(const Graph& graph, ValueId id);

// The grid of an entry that is not float, of at most 16 bits; where the file leaves signedness and axis open, those of
// `placed`. channels: along the placed axis. Whether 0 is among the codes is for the caller to check.
Encoding encoding_of(const EncodingsEntry& entry, const Encoding& placed, std::int64_t channels);

}  // namespace halftone
