// ArgMax: the place of the greatest element along an axis (arg.h). ONNX since 1.
#include "operators/arg.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) { return place_shapes(call); }

void reference(const Call& call, std::span<Tensor> outputs) {
  find_places(call, outputs[0], [](auto x, auto best) { return x > best; });
}

}  // namespace

extern const Operator kArgMax{.type = "ArgMax", .since = 1, .shapes = shapes, .grid = GridRule::none, .reference = reference, .types = int64_results};

}  // namespace halftone
