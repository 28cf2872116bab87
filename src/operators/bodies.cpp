#include "operators/bodies.h"

namespace halftone {

const Graph& body_of(const Node& node, const std::string& attribute) {
  const auto found = node.attributes.all().find(attribute);
  const auto* body = found == node.attributes.all().end() ? nullptr : std::get_if<std::shared_ptr<const Graph>>(&found->second);
  if (body == nullptr) throw Error("its body '{}' is missing", attribute);
  return **body;
}

}  // namespace halftone
