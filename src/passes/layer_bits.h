// How many bits each node's weight and data take: those of all layers, or others for the first and last layers and for
// named ones.
#pragma once

#include <map>
#include <optional>

#include "graph/graph.h"
#include "passes/pass.h"

namespace halftone {

class BitsOfNodes {
 public:
  BitsOfNodes(const Graph& graph, const QuantizeOptions& options);

  // A name wins over first and last, those over what all layers take.
  int weight(NodeId id) const { return at(id).weight; }
  int activation(NodeId id) const { return at(id).activation; }
  bool is_special(NodeId id) const { return special_.contains(id); }

 private:
  LayerBits at(NodeId id) const;

  LayerBits usual_;
  std::map<NodeId, LayerBits> special_;
};

// Widths that codes can have; whether a target stores them is its own question (bits_of_storage).
bool is_weight_width(int bits);      // 2 to 8, or 16
bool is_activation_width(int bits);  // 4 to 16
extern const char* const kWeightWidths;  // "weights take 2 to 8 bits, or 16"
extern const char* const kActivationWidths;

// "w4a8", "w4", "a16"
std::string describe(const LayerBits& bits);
// The other way round; nullopt: it is none.
std::optional<LayerBits> layer_bits(const std::string& text);

// Throws UsageError: widths that there are not or that the target cannot store, globs that match no node with bits of its
// own or none outside --exclude, a weight's width where none has a weight, two globs that disagree about a node.
void check_bits(const Graph& graph, const QuantizeOptions& options, const Target& target);

}  // namespace halftone
