// Clip: Y = min(max(X, min), max); an absent bound does not bound; min > max gives max. Bounds are attributes before opset
// 11, optional scalar inputs since. ONNX since 6.
#include <limits>

#include "operators/elementwise.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 1, call.node.version < 11 ? 1 : 3);
  dispatch_numeric(call.input(0).type, [](auto) {});
  for (std::size_t i = 1; i < 3; ++i) {
    if (call.has(i) && (call.input(i).type != call.input(0).type || element_count(call.input(i).shape) != 1)) {
      throw Error("its bound (input {}) must be one number of type {}", i, name_of(call.input(0).type));
    }
  }
  return same_as_first_input(call);
}

template <typename T>
T bound(const Call& call, std::size_t input, const char* attribute, T otherwise) {
  if (call.node.version < 11) {
    return call.attributes().has(attribute) ? static_cast<T>(call.attributes().real(attribute, 0)) : otherwise;
  }
  return call.has(input) ? call.tensor(input).values<T>()[0] : otherwise;
}

void reference(const Call& call, std::span<Tensor> outputs) {
  dispatch_numeric(call.input(0).type, [&](auto zero) {
    using T = decltype(zero);
    const T low = bound<T>(call, 1, "min", std::numeric_limits<T>::lowest());
    const T high = bound<T>(call, 2, "max", std::numeric_limits<T>::max());
    std::span<const T> x = call.tensor(0).values<T>();
    std::span<T> y = outputs[0].mutable_values<T>();
    for (std::size_t i = 0; i < x.size(); ++i) {
      const T raised = x[i] < low ? low : x[i];
      y[i] = raised > high ? high : raised;
    }
  });
}

}  // namespace

extern const Operator kClip{.type = "Clip", .since = 6, .shapes = shapes, .grid = GridRule::activation, .reference = reference};

}  // namespace halftone
