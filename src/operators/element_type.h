// Element types as attributes name them (onnx.TensorProto.DataType).
#pragma once

#include <cstdint>

#include "tensor/data_type.h"

namespace halftone {

DataType element_type(std::int64_t number);  // throws Error for one that is no tensor of ours

}  // namespace halftone
