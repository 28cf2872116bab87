// DepthToSpace: moves channels into blocks of the picture: C = blocksize^2 C'; mode DCR (block first) or CRD (channel first). ONNX since 1.
#include "operators/movement.h"

namespace halftone {
namespace {

struct Blocks {
  std::int64_t size = 0, channels = 0;   // of a side; channels left
  bool channel_first = false;
};

Blocks blocks_of(const Call& call) {
  const Shape& x = call.input(0).shape;
  Blocks b;
  b.size = call.attributes().integer("blocksize", 0);
  const std::string mode = call.attributes().text("mode", "DCR");
  if (mode != "DCR" && mode != "CRD") throw Error("its mode is '{}'; there are DCR and CRD", mode);
  b.channel_first = mode == "CRD";
  if (x.size() != 4 || b.size < 1 || b.size > 4096 || x[1] % (b.size * b.size) != 0) throw Error("{} cannot be rearranged in blocks of {}", to_string(x), b.size);
  b.channels = x[1] / (b.size * b.size);
  return b;
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 1, 1);
  const Blocks b = blocks_of(call);
  const Shape& x = call.input(0).shape;
  return std::vector<TensorSpec>{{call.input(0).type, {x[0], b.channels, x[2] * b.size, x[3] * b.size}}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const Blocks b = blocks_of(call);
  const Shape& x = call.input(0).shape;
  gather_elements(call.tensor(0), outputs[0], [&](const std::vector<std::int64_t>& p) {
    const std::int64_t place = p[2] % b.size * b.size + p[3] % b.size;
    const std::int64_t channel = b.channel_first ? p[1] * b.size * b.size + place : place * b.channels + p[1];
    return ((p[0] * x[1] + channel) * x[2] + p[2] / b.size) * x[3] + p[3] / b.size;
  });
}

}  // namespace

extern const Operator kDepthToSpace{.type = "DepthToSpace", .since = 1, .shapes = shapes, .grid = GridRule::keeps, .reference = reference, .floats = Floats::any};

}  // namespace halftone
