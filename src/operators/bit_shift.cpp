// BitShift: Y = X << B or X >> B (direction LEFT or RIGHT) of integers, broadcast; to the right the
// sign fills. ONNX since 11.
#include "operators/elementwise.h"

namespace halftone {
namespace {

bool to_the_left(const Call& call) {
  const std::string direction = call.attributes().text("direction", "");
  if (direction != "LEFT" && direction != "RIGHT") throw Error("its direction is '{}'; there are LEFT and RIGHT", direction);
  return direction == "LEFT";
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  to_the_left(call);
  return binary_shapes(call, Elements::integers);
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const bool left = to_the_left(call);
  dispatch_integers(call.input(0).type, [&](auto zero) {
    using T = decltype(zero);
    constexpr std::uint64_t kBits = 8 * sizeof(T);
    map_pairs<T, T>(call.tensor(0), call.tensor(1), outputs[0], [&](T x, T by) {
      const auto places = static_cast<std::uint64_t>(by);  // a negative number is beyond all places
      if (places >= kBits) return static_cast<T>(!left && x < T(0) ? -1 : 0);
      return static_cast<T>(left ? static_cast<std::uint64_t>(x) << places : x >> places);
    });
  });
}

}  // namespace

extern const Operator kBitShift{.type = "BitShift", .since = 11, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference};

}  // namespace halftone
