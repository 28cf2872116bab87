#include "operators/movement.h"

namespace halftone {

void copy_elements(const Call& call, std::span<Tensor> outputs) {
  const Tensor& in = call.tensor(0);
  HALFTONE_CHECK(in.bytes() == outputs[0].bytes());
  std::memcpy(outputs[0].mutable_data(), in.data(), in.bytes());
}

}  // namespace halftone
