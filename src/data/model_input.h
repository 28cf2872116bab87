// Whether an array fits a model's input, and the array made fit.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "tensor/tensor.h"

namespace halftone {

std::string describe(const InputSpec& input);  // "input 'x' (float32 [N, 3, 224, 224])"

// Throws Error unless the shape agrees with the input's declared sizes, from axis `from_axis` on (1 leaves the batch
// axis free). `where` begins the message. An input of unknown rank takes any shape.
void check_shape(const Shape& shape, const InputSpec& input, std::size_t from_axis, const std::string& where);

// Throws Error unless fit_type can make `type` the input's: the same; any float from any float; any integer or boolean
// to a wider or narrower integer.
void check_type(DataType type, const InputSpec& input, const std::string& where);

// The tensor in the input's type. Throws Error when an integer does not fit.
Tensor fit_type(const Tensor& tensor, const InputSpec& input, const std::string& where);

}  // namespace halftone
