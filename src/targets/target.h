// What a device can do, read from TOML (src/targets/*.toml are compiled in; a user may give a file of the same form).
//
// The target speaks: what is quantized, which grids are shared, which pairs fuse. No code asks for a target's name.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

namespace halftone {

struct Target {
  std::string name;
  std::set<std::string> weight_types;       // that it stores: "int4", "int8", "int16"
  std::set<std::string> weight_granularity;  // "channel", "tensor", "block"
  bool symmetric_weights = true;            // true: it takes weights with zero_point 0 only
  std::set<std::string> activation_types;   // that it stores: "uint8", "int8", "uint16", ...
  std::set<std::string> layers;             // operators with constant weights
  std::set<std::string> own_grid;           // their results get a grid of their own
  std::set<std::string> same_grid;          // input and output hold one grid
  std::map<std::string, std::set<std::string>> float_attributes;  // operator -> attributes that, set, keep it in float
  std::set<std::string> activations;        // clamps that may be fused
  std::set<std::string> fused_after;        // producers that they fuse into
  std::set<std::string> bias_after;         // layers without a bias that take the Add of a constant behind them as one
};

// Bits of the narrowest of the types that holds codes of so many bits; 0: there is none.
int bits_of_storage(const std::set<std::string>& types, bool is_signed, int bits);

// A compiled-in target by name, or the file `name` when it ends in .toml. Throws UsageError for an unknown name (with the
// ones there are) and Error for a file that is not a target (what, where).
Target load_target(const std::string& name);
std::vector<std::string> target_names();

}  // namespace halftone
