// TensorProto <-> Tensor. Internal to formats/onnx.
#pragma once

#include <string>

#include "formats/onnx/external_data.h"
#include "onnx-ml.pb.h"
#include "tensor/tensor.h"

namespace halftone {

// Checks the declared sizes against the bytes that are there before anything is allocated. `what` names the tensor and
// its file in messages. Throws Error: unknown type, negative dimension, wrong byte count, external data that is not there.
Tensor tensor_from_proto(const onnx::TensorProto& proto, ExternalData& external, const std::string& what);

// Contents as raw_data, little-endian; 4-bit types packed two to a byte, first value low.
void tensor_to_proto(const Tensor& tensor, const std::string& name, onnx::TensorProto& proto);

DataType data_type_from_proto(std::int32_t type, const std::string& what);  // throws Error naming an unsupported type
std::int32_t data_type_to_proto(DataType type);

}  // namespace halftone
