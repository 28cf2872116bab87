// SpaceToDepth: moves blocks of the picture into channels. ONNX since 1.
#include "operators/movement.h"

namespace halftone {
namespace {

std::int64_t block_of(const Call& call) {
  const Shape& x = call.input(0).shape;
  const std::int64_t size = call.attributes().integer("blocksize", 0);
  const std::string mode = call.attributes().text("mode", "DCR");
  if (mode != "DCR" && mode != "CRD") throw Error("its mode is '{}'; there are DCR and CRD", mode);
  if (x.size() != 4 || size < 1 || size > 4096 || x[2] % size != 0 || x[3] % size != 0) throw Error("{} cannot be rearranged in blocks of {}", to_string(x), size);
  return size;
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 1, 1);
  const std::int64_t size = block_of(call);
  const Shape& x = call.input(0).shape;
  return std::vector<TensorSpec>{{call.input(0).type, {x[0], x[1] * size * size, x[2] / size, x[3] / size}}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const std::int64_t size = block_of(call);
  const bool channel_first = call.attributes().text("mode", "DCR") == "CRD";
  const Shape& x = call.input(0).shape;
  gather_elements(call.tensor(0), outputs[0], [&](const std::vector<std::int64_t>& p) {
    const std::int64_t place = channel_first ? p[1] % (size * size) : p[1] / x[1], channel = channel_first ? p[1] / (size * size) : p[1] % x[1];
    return ((p[0] * x[1] + channel) * x[2] + p[2] * size + place / size) * x[3] + p[3] * size + place % size;
  });
}

}  // namespace

extern const Operator kSpaceToDepth{.type = "SpaceToDepth", .since = 1, .shapes = shapes, .grid = GridRule::keeps, .reference = reference, .floats = Floats::any};

}  // namespace halftone
