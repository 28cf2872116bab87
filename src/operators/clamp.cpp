#include "operators/clamp.h"

namespace halftone {
namespace {

// A Clip bound: an attribute before opset 11, an optional constant input since. False: not known beforehand.
bool read_bound(const Graph& graph, const Node& node, std::size_t input, const char* attribute, float& bound) {
  if (node.version < 11) {
    bound = node.attributes.real(attribute, bound);
    return true;
  }
  if (node.input(input) == ValueId::none) return true;
  const Tensor* constant = graph.constant(node.input(input));
  if (constant == nullptr || constant->size() != 1) return false;
  bound = to_floats(*constant)[0];
  return true;
}

}  // namespace

std::optional<Clamp> clamp_of(const Graph& graph, const Node& node) {
  if (!node.domain.empty()) return std::nullopt;
  if (node.type == "Relu") return Clamp{0.0f, std::numeric_limits<float>::infinity()};
  if (node.type != "Clip") return std::nullopt;
  Clamp clamp;
  if (!read_bound(graph, node, 1, "min", clamp.low) || !read_bound(graph, node, 2, "max", clamp.high)) return std::nullopt;
  if (!(clamp.low <= clamp.high)) return std::nullopt;
  return clamp;
}

}  // namespace halftone
