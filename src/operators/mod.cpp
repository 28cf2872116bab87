// Mod: Y = A mod B, broadcast: of the sign of B, or with fmod = 1 of A. ONNX since 10.
#include "operators/elementwise.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) { return binary_shapes(call, Elements::numbers); }

template <typename T>
T remainder(T a, T b, bool as_fmod) {
  if constexpr (std::is_floating_point_v<T>) {
    const T rest = std::fmod(a, b);
    if (as_fmod || std::isnan(rest)) return rest;
    if (rest == 0) return std::copysign(T(0), b);
    return (rest < 0) == (b < 0) ? rest : rest + b;
  } else {
    if (b == 0) return 0;
    if constexpr (std::is_signed_v<T>) {
      if (b == T(-1)) return 0;
    }
    const T rest = static_cast<T>(a % b);
    return as_fmod || rest == 0 || (rest < 0) == (b < 0) ? rest : static_cast<T>(rest + b);
  }
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const bool as_fmod = call.attributes().integer("fmod", 0) != 0;
  dispatch_numeric(call.input(0).type, [&](auto zero) {
    using T = decltype(zero);
    map_pairs<T, T>(call.tensor(0), call.tensor(1), outputs[0], [&](T a, T b) { return remainder(a, b, as_fmod); });
  });
}

}  // namespace

extern const Operator kMod{.type = "Mod", .since = 10, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference};

}  // namespace halftone
